"""Headers of exports in other languages, as the English names that `presets` knows."""

from __future__ import annotations

import re
from functools import cache

from funnelsim.history.values.words import folded, word_set

#: Articles and prepositions, which one CRM writes and the next leaves out.
_CONNECTORS = word_set(
    "de du des d la le les l del della dell dello di do da dos das el los las il lo a au ao em en dans e o os"
)
#: What a deal is called: ``Nom de l'opportunité`` is an opportunity's name, ``Etapa del negocio`` a deal's.
_OPPORTUNITY = word_set("opportunite oportunidad oportunidade opportunita verkaufschance verkoopkans")
_DEAL = word_set(
    "affaire transaction negocio negociacion negociacao trato acuerdo trattativa affare vorgang geschaft"
)
#: Beside the name of a closing they make it an expected one.
_PLANNED = word_set(
    "prevue prevu previsionnelle previsionnel estimee estime attendue prevista previsto esperada "
    "esperado estimada estimado planificada stimata stimato attesa erwartetes erwarteter geplantes geplanter "
    "voraussichtliches voraussichtlicher verwachte"
)
#: English name -> headers, without accents, articles and the noun of a deal.
_HEADERS: dict[str, str] = {
    "id": "identifiant, identificador, identificativo, identificatore, identificacion",
    "record id": (
        "id enregistrement, id registro, id record, id fiche informations, identifiant enregistrement"
    ),
    "deal no": "numero, reference, referencia, riferimento, codigo, codice, folio",
    "name": "nom, nombre, nome, titre, titulo, titolo, intitule, libelle",
    "stage": (
        "etape, etape actuelle, etape pipeline, etape vente, etape commerciale, phase vente, etapa, etapa "
        "actual, etapa atual, etapa venta, etapa ventas, etapa pipeline, etapa embudo, etapa funil, "
        "estagio, fase, fase actual, fase atual, fase attuale, fase venta, fase vendita, fase pipeline, "
        "stadio"
    ),
    "new stage": "nouvelle etape, etapa nueva, nueva etapa, nova etapa, nuova fase, nueva fase, nova fase",
    "previous stage": ("ancienne etape, etape precedente, etapa anterior, fase anterior, fase precedente"),
    "status": "statut, etat, estado, situacao, situacion, stato",
    "entered at": (
        "date entree, date entree etape, date passage, date etape, fecha entrada, fecha entrada etapa, "
        "fecha etapa, data entrada, data entrada etapa, data ingresso, data ingresso fase, data entrata, "
        "data fase"
    ),
    "left at": "date sortie, date sortie etape, fecha salida, fecha salida etapa, data saida, data uscita",
    "changed at": (
        "date changement, date changement etape, fecha cambio, fecha cambio etapa, data mudanca, data "
        "mudanca etapa, data alteracao, data cambio, data cambio fase, data variazione"
    ),
    "timestamp": "horodatage, marca tiempo, marca temporal, carimbo data hora",
    "date": "fecha, date heure, fecha hora, data hora, data ora",
    "last modified": (
        "date modification, date derniere modification, derniere modification, modifie, modifiee, date "
        "mise jour, derniere mise jour, mise jour, fecha modificacion, fecha ultima modificacion, ultima "
        "modificacion, fecha actualizacion, ultima actualizacion, modificado, data modificacao, data "
        "ultima modificacao, ultima modificacao, data atualizacao, ultima atualizacao, data modifica, "
        "data ultima modifica, ultima modifica, data aggiornamento, ultimo aggiornamento"
    ),
    "create date": (
        "date creation, creation, date ouverture, fecha creacion, creacion, fecha alta, fecha apertura, "
        "data criacao, criacao, data abertura, data creazione, creazione, data apertura"
    ),
    "created": "cree, creee, ouvert, ouverte, creado, creada, criado, criada, creato, creata",
    "close date": (
        "date cloture, date fermeture, fermeture, fecha cierre, cierre, data fechamento, fechamento, data "
        "encerramento, encerramento, data fecho, data chiusura, chiusura"
    ),
    "closed": "cloture, cloturee, ferme, fermee, cerrado, cerrada, fechado, fechada, chiuso, chiusa",
    "won date": (
        "date gain, date gagne, fecha ganado, fecha ganada, fecha ganancia, data ganho, data vincita, "
        "data vinto, data vinta"
    ),
    "won": "gagne, gagnee, ganado, ganada, ganho, ganha, vinto, vinta",
    "lost date": (
        "date perte, date perdu, fecha perdida, fecha perdido, data perda, data perdido, data perdita, "
        "data perso, data persa"
    ),
    "lost": "perdu, perdue, perdido, perdida, perso, persa",
    "outcome": "resultat, resultado, risultato, esito",
    "amount": (
        "montant, montant total, montant ht, valeur, importe, importe total, monto, monto total, valor, "
        "valor total, valor unico, quantia, montante, importo, importo totale, valore"
    ),
    "revenue": "chiffre affaires, ingresos, receita, ricavi, fatturato",
    "price": "prix, precio, preco, prezzo",
    "source": (
        "origine, origine piste, source piste, provenance, fuente, origen, origen prospecto, origen "
        "candidato, fuente prospecto, origem, origem lead, fonte, fonte lead, origine lead, canal, canale"
    ),
    "segment": "segmento",
    "owner": (
        "proprietaire, propietario, proprietario, responsable, responsavel, responsabile, titolare, "
        "comercial, commerciale, vendeur, vendedor, venditore, assigne, asignado, attribue, "
        "atribuido, assegnato"
    ),
    "account": (
        "compte, nom compte, societe, entreprise, organisation, cuenta, nombre cuenta, empresa, cliente, "
        "organizacion, conta, nome conta, organizacao, azienda, societa, nome account, organizzazione, "
        "nom client, nom societe, nom entreprise, nombre cliente, nombre empresa, nome cliente, nome "
        "empresa, nome azienda"
    ),
    "probability": "probabilite, probabilidad, probabilidade, probabilita",
    "deleted": "supprime, supprimee, eliminado, eliminada, excluido, excluida, apagado, borrado, eliminato",
    "archived": "archive, archivee, archivado, archivada, arquivado, arquivada, archiviato, archiviata",
    "cancelled": (
        "annule, annulee, cancelado, cancelada, anulado, anulada, annullato, annullata, estornado, estornada"
    ),
    "invalid": "invalide, non valide, invalido, invalida, non valido, non valida",
    "valid": "valide, valido, valida",
    "inactive": "inactif, inactive, inactivo, inactiva, inativo, inativa, inattivo, inattiva",
    "hidden": "masque, masquee, cache, cachee, oculto, oculta, nascosto, nascosta",
    "deleted at": "date suppression, fecha eliminacion, data exclusao, data eliminazione",
}
#: German and Dutch.
_MORE_HEADERS: dict[str, str] = {
    "deal no": (
        "vorgangsnummer, verkaufschancennummer, angebotsnummer, auftragsnummer, kennung, nummer, "
        "vorgangs nr, vorgang nr, verkaufschancen nr, angebots nr, angebot nr, auftrags nr, "
        "auftrag nr, geschafts nr, projekt nr, projektnummer, vorgangs id, angebots id, "
        "auftrags id, offertnummer, ordernummer"
    ),
    "name": "bezeichnung, titel, vorgangsname, naam",
    "stage": "verkaufsphase, vertriebsphase, stufe, verkoopfase",
    "new stage": "neue phase, nieuwe fase",
    "previous stage": "alte phase, vorherige phase, oude fase",
    "entered at": "eingetreten am, eintrittsdatum, phase seit",
    "left at": "verlassen am, austrittsdatum",
    "changed at": "geandert am, phase geandert am, gewijzigd op",
    "last modified": (
        "zuletzt geandert, zuletzt geandert am, letzte anderung, aktualisierungszeit, aktualisiert am, "
        "aktualisiert um, laatst gewijzigd"
    ),
    "create date": (
        "erstellt am, erstellt um, erstelldatum, erstellungsdatum, angelegt am, anlagedatum, eroffnet am, "
        "aangemaakt op, aanmaakdatum"
    ),
    "close date": (
        "abschlussdatum, abgeschlossen am, geschlossen am, geschlossen um, abschluss, abschlusstermin, "
        "schlusstermin, sluitingsdatum, gesloten op, afsluitdatum"
    ),
    "won date": "gewonnen am, gewonnen um, gewonnen op",
    "won": "gewonnen",
    "lost date": "verloren am, verloren um, verloren op",
    "lost": "verloren",
    "outcome": "ergebnis, resultaat",
    "amount": ("betrag, wert, auftragswert, auftragsvolumen, volumen, summe, angebotssumme, bedrag, waarde"),
    "source": "quelle, lead quelle, leadquelle, herkunft, bron, herkomst",
    "owner": (
        "inhaber, besitzer, verantwortlich, verantwortlicher, zustandig, bearbeiter, "
        "vertriebsmitarbeiter, verkaufer, eigenaar, verantwoordelijke"
    ),
    "account": "kunde, kundenname, firma, unternehmen, klant, bedrijf",
    "probability": "wahrscheinlichkeit, waarschijnlijkheid",
    "deleted": (
        "geloscht, loschkennzeichen, loeschkennzeichen, loschvormerkung, loschvermerk, zum loschen "
        "vorgemerkt, papierkorb, im papierkorb, verwijderd, prullenbak"
    ),
    "cancelled": "storniert, storno, stornokennzeichen, stornierung, annulliert, geannuleerd",
    "invalid": "ungultig, ungueltig, ongeldig",
    "valid": "gultig, gueltig, geldig",
    "inactive": "inaktiv, inactief, deaktiviert",
    "hidden": "versteckt, ausgeblendet, verborgen",
    "archived": "archiviert, gearchiveerd",
    "deleted at": "geloscht am, loschdatum, verwijderd op",
}
_ENGLISH = {
    header.strip(): english
    for headers in (_HEADERS, _MORE_HEADERS)
    for english, many in headers.items()
    for header in many.split(",")
}
#: Of a deal: these have names of their own.
_OF_A_DEAL = ("id", "name", "stage")


@cache
def english_header(header: str) -> str | None:
    """``Date de clôture`` is ``close date``; None for a header that is English, or not known."""
    text = re.sub("['’`´]", " ", header)
    words = [word for word in folded(text.replace("_", " ")).split() if word not in _CONNECTORS]
    if (noun := " ".join(words)) in _OPPORTUNITY:
        return "opportunity"
    if noun in _DEAL - {"transaction"}:
        return "deal"
    rest = [word for word in words if word not in _OPPORTUNITY | _DEAL]
    if english := _known(rest, own=len(rest) < len(words)):
        if english not in _OF_A_DEAL or len(rest) == len(words):
            return english
        return f"opportunity {english}" if _OPPORTUNITY & {*words} else f"deal {english}"
    return None


def _known(words: list[str], *, own: bool) -> str | None:
    """The English name of the words; ``ID`` and ``phase`` count only beside a deal in another language."""
    phrase = " ".join(words)
    if own and phrase in ("id", "phase"):
        return "id" if phrase == "id" else "stage"
    if phrase in _ENGLISH:
        return _ENGLISH[phrase]
    dated = " ".join(word for word in words if word not in _PLANNED)
    is_plan = dated != phrase and _ENGLISH.get(dated) in ("close date", "closed")
    return "expected close date" if is_plan else None
