"""Words for won, lost and open in the languages of the usual CRMs, and how sure a label is to mean them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from funnelsim.history.values.words import folded, folded_set

#: ``sure``: read so. ``likely``: read so where no deal continues from it. ``unsure``: a stage, and a person
#: is asked to look. ``end``: it ends deals, well or badly.
Strength = Literal["sure", "likely", "unsure", "end"]
#: Labels that mean an outcome in every CRM.
STANDARD: dict[str, tuple[str, ...]] = {
    "won": ("won", "closed won", "close won", "won closed", "deal won", "win"),
    "lost": ("lost", "closed lost", "close lost", "lost closed", "deal lost", "loss", "unqualified lost"),
    "churned": ("churned", "churn"),
}
_WON = folded_set(
    "won,win,gewonnen,vendido,vendida,venduto,venduta,vendu,vendue,gagné,gagnée,remporté,remportée,ganado,ganada,ganho,ganha,vinto,vinta,aggiudicata,"
    "aggiudicato,vunnen,vunnet,vundet,voitettu,wygrana,wygrane,wygrany,vyhráno,vyhrána,vyhraté,megnyert,câștigat,"
    "câștigată,kazanıldı,kazanildi,выиграна,выиграно,выигран,успешно реализовано,виграно,виграна,"
    "κερδισμένη,受注,"
    "受注済,受注済み,受注確定,成約,成約済,商談成立,赢单,贏單,已赢单,赢得,已赢得,成交,已成交,수주,수주완료,성사"
)
_LOST = folded_set(
    "lost,loss,verloren,perdu,perdue,perdido,perdida,perso,persa,förlorad,förlorat,tapt,tabt,hävitty,przegrana,"
    "przegrane,przegrany,utracona,stracona,prohráno,prohrána,ztraceno,prehraté,stratené,elvesztett,elveszített,"
    "elveszett,pierdut,pierdută,kaybedildi,проиграна,проиграно,проигран,закрыто и не реализовано,програно,"
    "програна,"
    "χαμένη,失注,失注済,失注済み,商談不成立,输单,輸單,已输单,丢单,已丢单,失单,실주,실패"
)
#: Ways to end without a win that are not called a loss.
_UNWON = folded_set(
    "disqualified,unqualified,not qualified,abandoned,dead,cancelled,canceled,no decision,rejected,declined,"
    "withdrawn,not interested,no sale,no bid,no go,did not buy,ghosted,no response,gone cold,junk,spam,"
    "deleted,"
    "storniert,abgelehnt,abgesagt,abgebrochen,disqualifiziert,annulé,annulée,abandonné,abandonnée,refusé,refusée,"
    "disqualifié,disqualifiée,cancelado,cancelada,rechazado,rechazada,descartado,descartada,descalificado,"
    "abandonado,abandonada,recusado,recusada,desqualificado,annullato,annullata,rifiutato,rifiutata,abbandonata,"
    "geannuleerd,afgewezen,キャンセル,中止,見送り,取消,已取消,취소"
)
#: Labels of deals on hold, temporarily or permanently.
RESTING = folded_set(
    "stalled,on hold,parked,dormant,recycled,nurture,inactive,postponed,paused,expired,archived,"
    "zurückgestellt,"
    "pausiert,en attente,en pausa,in attesa,保留"
)
_CLOSED = folded_set(
    "closed,geschlossen,abgeschlossen,fermé,fermée,clôturé,clôturée,cerrado,cerrada,fechado,fechada,chiuso,chiusa,"
    "gesloten,afgesloten,stängd,lukket,suljettu,zamknięte,zamknięta,uzavřeno,închis,kapandı,закрыто,закрыта,クローズ,"
    "关闭,已关闭,종료"
)
#: Words between closed and the outcome: ``Abgeschlossen und gewonnen``.
_AND = folded_set("and,und,et,y,e,en,och,og,ja,i,a,as")
#: Labels of an outcome column that mean there is none yet.
OPEN_WORDS = folded_set(
    "open,in progress,active,pending,ongoing,none,offen,in bearbeitung,laufend,aktiv,ouvert,ouverte,en "
    "cours,actif,abierto,abierta,en curso,en progreso,activo,aberto,aberta,em aberto,em "
    "andamento,aperto,aperta,in corso,in "
    "behandeling,öppen,pågående,åben,åpen,avoin,otwarte,otwarta,otwarty,w "
    "toku,otevřeno,otevřená,otvorené,nyitott,deschis,deschisă,açık,acik,открыта,открыто,в "
    "работе,відкрито,в роботі,ανοιχτή,進行中,商談中,対応中,オープン,进行中,进展中,打开,진행중,진행 중"
)
YES_WORDS = folded_set(
    "true,yes,y,t,1,1 0,x,wahr,ja,vrai,oui,verdadero,verdadeiro,sí,sim,vero,waar,tak,はい,是,예"
)
NO_WORDS = folded_set("false,no,n,f,0,0 0,falsch,nein,faux,non,falso,não,onwaar,nee,nie,いいえ,否,아니오")
#: Labels of rows that were deleted but are still in the CRM.
DELETED_WORDS = folded_set(
    "deleted,archived,merged,gelöscht,archiviert,supprimé,archivé,eliminado,eliminato,archivado,excluído"
)
#: Words that make won or lost uncertain or negative: "likely won", "not won".
_HEDGES = folded_set(
    "not,no,yet,to,be,almost,nearly,likely,probably,verbal,verbally,expected,at,risk,soon,pending,awaiting,"
    "nicht,fast,non,pas,presque,ni,casi,não,quase,quasi,niet,bijna,inte,ikke,ei,nie,не"
)
#: Words that turn won into lost, where they are all that stands beside it.
_NEGATIONS = folded_set("not,no,nicht,non,pas,não,niet,inte,ikke,ej,ei,nie,не")
#: What a deal is called before or after won or lost: ``Deal Lost``, ``Lost Opportunity``.
_NOUNS = folded_set(
    "deal,deals,opportunity,opp,sale,business,customer,client,project,order,closed,close,status,stage,geschäft,"
    "auftrag,affaire,négocio,negocio,trato,venta,venda,trattativa,сделка"
)
#: Words that introduce a reason: ``Lost to a competitor``.
_REASONS = folded_set("to,due,because,on,by,for,with,reason,an,wegen,gegen,à,por,per,aan")
#: Signs between an outcome and a comment on it.
_SIGN = r"[^\w\s]|_|\s[-–—]\s"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordReading:
    """The meaning of the words of a label: `outcome` is empty if they only mean the end."""

    outcome: str
    strength: Strength


def standard_outcome(label: str) -> str | None:
    """The outcome if the label is the usual English one, however it is spelled."""
    words = folded(label)
    if "?" in label:
        return None
    for outcome, known in STANDARD.items():
        if words in known or words.replace(" ", "") in [one.replace(" ", "") for one in known]:
            return outcome
    return None


def plain_outcome(label: str) -> str | None:
    """The outcome where a label is nothing but a word for it: ``Gewonnen``."""
    return next((key for key, known in (("won", _WON), ("lost", _LOST)) if folded(label) in known), None)


def read_words(label: str) -> WordReading | None:
    """The outcome that the beginning or the end of a label means, if any."""
    text = re.sub(r"^\W*\d+\s*[.):\-–—]*\s*", "", label)  # the number of the stage: "6 - Closed Won"
    words = folded(text).split()
    if not words:
        return None
    sides = {outcome: _side(words, known) for outcome, known in (("won", _WON), ("lost", _LOST))}
    both = all(sides.values()) or ({*words} & _WON and {*words} & _LOST)
    for outcome, side in sides.items():
        if side and not both:
            return _reading(outcome, side, words, text)
    if not both and _side(words, _UNWON):
        return WordReading(outcome="lost", strength="likely")
    return WordReading(outcome="", strength="end") if both or words[0] in _CLOSED else None


def hinted_outcome(label: str) -> str:
    """The outcome that any word of a label is for, wherever it stands; "" if none is, or both are."""
    reading, text = read_words(label), f" {folded(label)} "
    if reading is not None and reading.outcome:
        return reading.outcome
    known = (("won", _WON), ("lost", _LOST | _UNWON))
    found = [key for key, words in known if any(f" {word} " in text for word in words)]
    return found[0] if len(found) == 1 else ""


def _side(words: list[str], known: Iterable[str]) -> str:
    """``begin`` or ``end`` where the label begins or ends with one of the words; "" if neither."""
    phrases = [one.split() for one in known]
    bare = words[1:] if words[0] in _CLOSED else words
    bare = bare[1:] if len(bare) < len(words) and bare[:1] and bare[0] in _AND else bare
    if any(start[: len(one)] == one for one in phrases for start in (words, bare)):
        return "begin"
    return "end" if any(words[-len(one) :] == one for one in phrases) else ""


def _reading(outcome: str, side: str, words: list[str], text: str) -> WordReading:
    others = [word for word in words if word not in _WON | _LOST]
    closed = words[0] in _CLOSED
    if outcome == "won" and others and {*others} <= _NEGATIONS and "?" not in text:
        return WordReading(outcome="lost", strength="likely")
    if "?" in text or (side == "end" and {*others} & _HEDGES):
        return WordReading(outcome="" if closed else outcome, strength="end" if closed else "unsure")
    spaced = text.replace("_", " _ ")
    beside_sign = (rf"\W*\w+?\s*(?:{_SIGN})", rf".*(?:{_SIGN})\s*\w+\W*$")[side == "end"]
    beside_noun = others and (others[-1] in _NOUNS if side == "end" else others[0] in _NOUNS | _REASONS)
    whole = " ".join(words) in _WON | _LOST
    sure = closed or whole or not others or beside_noun or re.match(beside_sign, spaced)
    return WordReading(outcome=outcome, strength="sure" if sure else "likely")
