"""Headers of other languages, and of boards: recognised by their meaning, refused where two fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.history.imports import import_history
from funnelsim.history.presets.header_words import english_header
from funnelsim.history.presets.names import plain_name
from funnelsim.history.presets.stage_columns import read_date_name
from tests.unit.history.exports import assert_consistent, deal, stays, write

FRENCH = "Identifiant;Nom;Étape;Statut;Date de création;Date de clôture;Montant;Propriétaire"
SPANISH = "ID;Nombre;Etapa;Estado;Fecha de creación;Fecha de cierre;Importe;Propietario"
PORTUGUESE = "ID;Negócio;Etapa;Situação;Criado em;Fechado em;Valor;Responsável"
ITALIAN = "ID opportunità;Nome opportunità;Fase;Stato;Data creazione;Data di chiusura;Importo;Proprietario"
GERMAN = "Kennung;Bezeichnung;Phase;Status;Erstellt am;Abgeschlossen am;Auftragswert;Verantwortlich"
DUTCH = "ID;Naam;Verkoopfase;Status;Aangemaakt op;Gesloten op;Bedrag;Eigenaar"
SALESFORCE = (
    "ID de l'opportunité;Nom de l’opportunité;Étape;Statut;Date de création;Date de clôture;Montant;"
    "Propriétaire de l'opportunité"
)
MONDAY = "Item ID;Name;Stage;Status;Created;Close Date;Deal Value;Owner"


@pytest.mark.parametrize("header", [FRENCH, SPANISH, PORTUGUESE, ITALIAN, GERMAN, DUTCH, SALESFORCE, MONDAY])
def test_a_table_of_deals_is_recognised_in_each_language(tmp_path: Path, header: str) -> None:
    path = write(
        tmp_path,
        "deals.csv",
        header,
        "7;Acme;Demo;Won;15/01/2025;20/02/2025;1500,50;Eve",
        "8;Bolt;Demo;Lost;16/01/2025;21/02/2025;700,00;Luc",
        "9;Cora;Demo;Open;17/01/2025;;300,00;Luc",
    )
    history = import_history([path])
    assert history.deals["deal"].to_list() == ["7", "8", "9"]
    assert history.deals["outcome"].to_list() == ["won", "lost", None]
    won = deal(history, "7")
    assert (won["amount"], won["owner"]) == (1500.5, "Eve")
    assert (f"{won['created']:%m-%d}", f"{won['closed']:%m-%d}") == ("01-15", "02-20")
    assert_consistent(history)


@pytest.mark.parametrize(
    "header",
    [
        "Identifiant de l'affaire;Étape;Date d'entrée",
        "Negocio;Nueva etapa;Fecha de cambio",
        "Oportunidade;Fase;Data de entrada",
        "Opportunità;Fase;Data",
        "Vorgang;Neue Phase;Geändert am",
        "Verkaufschance;Phase;Phase seit",
    ],
)
def test_stage_entries_are_recognised_in_each_language(tmp_path: Path, header: str) -> None:
    rows = ("A;Lead;15/01/2025", "A;Demo;20/01/2025", "B;Lead;16/01/2025", "B;Demo;21/01/2025")
    history = import_history([write(tmp_path, "events.csv", header, *rows)])
    assert stays(history, "A") == [("lead", 1, "01-15", "01-20", "demo"), ("demo", 1, "01-20", None, None)]


def test_dates_of_wins_and_losses_are_outcomes_and_bookkeeping_is_no_stage(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "deals.csv",
        "ID;Créé le;Date de démo;Gagné le;Date de perte;Date de dernière activité;Date de clôture prévue",
        "1;15/01/2025;20/01/2025;20/02/2025;;25/02/2025;20/02/2025",
        "2;16/01/2025;21/01/2025;;22/02/2025;25/02/2025;20/03/2025",
    )
    history = import_history([path])
    assert list(history.meta.stages) == ["created", "demo"]
    assert history.deals["outcome"].to_list() == ["won", "lost"]


def test_two_headers_of_one_meaning_are_not_taken_in_silence(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "deals.csv",
        "ID;Étape;Date de création;Date de clôture;Montant;Valeur",
        "1;Won;15/01/2025;20/02/2025;10;99",
        "2;Lost;16/01/2025;21/02/2025;20;98",
    )
    history = import_history([path])
    assert history.deals["amount"].to_list() == [None, None]
    assert "no_amounts" in {item["check"] for item in history.meta.audit["checks"]}


@pytest.mark.parametrize(
    ("header", "plain"),
    [
        ("Lead Source", "leadsource"),
        ("Phase", "phase"),
        ("Phase de la transaction", "dealstage"),
        ("Transaction", "transaction"),
        ("E\u0301tape", "stage"),
        ("Fecha de cierre prevista", "expectedclosedate"),
        ("Fecha_de_última_modificación", "lastmodified"),
        ("data review", "datareview"),
    ],
)
def test_only_headers_of_other_languages_are_translated(header: str, plain: str) -> None:
    assert plain_name(header) == plain
    assert (english_header(header) is None) == (
        header in ("Lead Source", "Phase", "Transaction", "data review")
    )


@pytest.mark.parametrize(
    ("name", "stage", "kind"),
    [
        ("Fecha de la demo", "demo", "entry"),
        ("Data di proposta", "proposta", "entry"),
        ("Date d'échéance", "échéance", "unclear"),
        ("Fecha de nacimiento", "nacimiento", "other"),
        ("Proposal creation date", "proposal creation", "entry"),
        ("Date of demo", "of demo", "entry"),
    ],
)
def test_the_stage_of_a_date_column_is_found_in_each_language(name: str, stage: str, kind: str) -> None:
    said = read_date_name(name)
    assert (said.stage, said.kind) == (stage, kind)
