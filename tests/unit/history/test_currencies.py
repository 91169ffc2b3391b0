"""Amounts in one currency, or none: several are not added up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import check_names, deal, deals, events, mapping, write

HEADER = "id,created,closed,outcome,amount"
BESIDE = "id,created,closed,outcome,Amount Currency,amount"


def won(folder: Path, *amounts: str, header: str = HEADER, rules: str = "") -> History:
    """Won deals with these amounts (or these last columns of `header`)."""
    rows = [f"{place},2025-01-05,2025-02-0{place},won,{text}" for place, text in enumerate(amounts, 1)]
    return deals(folder, header, *rows, mapping=mapping(folder, rules) if rules else None)


def refusal(folder: Path, *amounts: str, **options: Any) -> str:
    with pytest.raises(HistoryError) as refused:
        won(folder, *amounts, **options)
    return str(refused.value)


def total(history: History) -> float:
    return float(history.deals["amount"].sum())


def test_marks_of_several_currencies_are_refused_with_their_counts(tmp_path: Path) -> None:
    """Catches USD 1000 + JPY 150000 + $2000 = 153,000."""
    text = refusal(tmp_path, "USD 1000.00", "JPY 150000", "EUR 950.00", "$2000")
    assert "amounts are in 3 currencies, and cannot be added up: 2 in USD, 1 in EUR, 1 in JPY" in text
    assert (
        '    currency = "USD"\n    [rates]\n    EUR = 0   # replace 0 by what one EUR is worth in USD' in text
    )


def test_a_column_of_currencies_is_refused_with_the_filter_that_keeps_one(tmp_path: Path) -> None:
    text = refusal(tmp_path, "USD,1000.00", "JPY,150000", "USD,2000", header=BESIDE)
    assert "2 in USD, 1 in JPY" in text
    assert '    [where]\n    "Amount Currency" = "USD"' in text
    words = refusal(tmp_path, "US Dollar,1", "Euro,1", "usd,2", header=BESIDE)
    assert '    [where]\n    "Amount Currency" = ["US Dollar", "usd"]' in words
    rules = '[where]\n"Amount Currency" = "USD"\n'
    history = won(tmp_path, "USD,1000.00", "JPY,150000", "USD,2000", header=BESIDE, rules=rules)
    assert total(history) == 3000
    assert history.meta.currency == "USD"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Currency",
            "Amount Currency",
            "CurrencyIsoCode",
            "deal_currency_code",
            "Currency code",
            "currency_iso_code",
        ),
        *(
            "Währung",
            "Currency of amount",
            "Deal currency",
            "Devise",
            "Curr.",
            "Valuta",
            "通貨コード",
        ),
    ],
)
def test_columns_of_currencies_are_found_by_name(tmp_path: Path, name: str) -> None:
    header = f"id,created,closed,outcome,{name},amount"
    assert "2 currencies" in refusal(tmp_path, "USD,1", "EUR,1", header=header)
    assert won(tmp_path, "EUR,1", "EUR,1", header=header).meta.currency == "EUR"
    assert won(tmp_path, "Euro,1", "EUR - Euro,1", header=header).meta.currency == "EUR"


def test_a_column_of_nothing_but_codes_needs_no_name(tmp_path: Path) -> None:
    header = "id,created,closed,outcome,Unit,amount"
    assert "2 currencies" in refusal(tmp_path, "USD,1", "EUR,1", header=header)
    assert won(tmp_path, "USD,1", "kg,1", header=header).meta.currency == ""


def test_currencies_that_nobody_lists_and_ids_of_currencies_count_too(tmp_path: Path) -> None:
    header = "id,created,closed,outcome,Currency,amount"
    assert "1 in BTC, 1 in POINTS" in refusal(tmp_path, "BTC,1", "Points,1", header=header)
    rules = 'currency = "BTC"\n[rates]\npoints = 0.5\n'
    assert total(won(tmp_path, "BTC,1", "Points,1", header=header, rules=rules)) == 1.5
    header = "id,created,closed,outcome,currency_id,amount"
    assert "2 in 1, 1 in 3" in refusal(tmp_path, "1,5", "3,5", "1,6", header=header)
    header = "id,created,closed,outcome,currency type,amount"
    assert total(won(tmp_path, "fiat,1", "crypto,1", header=header)) == 2, "no currencies"


def test_rates_convert_to_the_currency_of_the_mapping(tmp_path: Path) -> None:
    rules = 'currency = "USD"\n[rates]\nEUR = 1.08\njpy = 0.0065\n'
    history = won(tmp_path, "USD,1000", "JPY,150000", "EUR,100", header=BESIDE, rules=rules)
    assert history.deals.sort("deal")["amount"].to_list() == [1000.0, 975.0, 108.0]
    assert history.meta.currency == "USD"
    assert "amounts_converted" in check_names(history)
    lacks = refusal(tmp_path, "USD,1", "GBP,5", "EUR,1", header=BESIDE, rules=rules)
    assert (
        "amounts have no rate in the mapping: 1 in GBP; add [rates] GBP = what one is worth in USD" in lacks
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[rates]\nEUR = 1.08", "currency: is required with [rates]"),
        ('currency = "USD"\n[rates]\nEUR = 0', "rates.EUR: expected a number above 0"),
        ('currency = "USD"\n[rates]\nEUR = -1', "rates.EUR: expected a number above 0"),
        ('currency = "USD"\n[rates]\nEUR = nan', "rates.EUR: expected a number above 0"),
        ('currency = "USD"\n[rates]\nEUR = inf', "rates.EUR: expected a number above 0"),
        ('currency = "USD"\n[rates]\nEUR = "1.08"', "rates.EUR: expected a number above 0"),
        ('currency = "USD"\n[rates]\nEUR = true', "rates.EUR: expected a number above 0"),
        ('currency = "USD"\n[rates]\nUSD = 1.1', "rates.USD: must be 1, not 1.1"),
        ('currency = "USD"\n[rates]\nEUR = 1.1\n"€" = 1.2', "rates: has EUR 2 times"),
        ('[deals]\nsource = { column = "x", decimal = "," }', "deals.source.decimal: is for amounts only"),
        ('negative_amount = "net"', 'negative_amount: "net" is not known'),
    ],
)
def test_rates_and_keys_of_amounts_are_checked(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(HistoryError) as refused:
        mapping(tmp_path, text)
    assert says in str(refused.value)


def test_a_dollar_sign_beside_other_dollars_is_asked_about(tmp_path: Path) -> None:
    assert won(tmp_path, "$5", "USD 5", "US$ 5").meta.currency == "USD"
    assert won(tmp_path, "$5", "5").meta.currency == "$"
    text = refusal(tmp_path, "$5", "CAD 5")
    assert '"$" may be CAD or another currency' in text
    assert '    "$" = 0   # replace 0' in text
    assert total(won(tmp_path, "$5", "CAD 5", rules='currency = "CAD"\n[rates]\n"$" = 1\n')) == 10
    assert total(won(tmp_path, "$5", "CAD 5", rules='currency = "CAD"\n[rates]\n"$" = 2\n')) == 15
    assert won(tmp_path, "$5", "$7", rules='currency = "CAD"').meta.currency == "CAD"
    assert won(tmp_path, "CAD,$5", "CAD,$6", header=BESIDE).meta.currency == "CAD"


def test_a_mark_that_contradicts_the_column_of_currencies_is_refused(tmp_path: Path) -> None:
    text = refusal(tmp_path, "USD,$5", "USD,€7", header=BESIDE)
    assert 'row 3 holds "€7", which is EUR, but column "Amount Currency" says USD' in text


def test_a_currency_other_than_the_mappings_is_refused(tmp_path: Path) -> None:
    text = refusal(tmp_path, "EUR 5", rules='currency = "USD"')
    assert 'amounts are in EUR, and the mapping says currency = "USD"' in text
    assert total(won(tmp_path, "EUR 5", rules='currency = "USD"\n[rates]\nEUR = 2\n')) == 10
    assert won(tmp_path, "EUR 5", rules='currency = "€"').meta.currency == "€"


def test_amounts_without_a_currency_beside_marked_ones_are_pointed_at(tmp_path: Path) -> None:
    history = won(tmp_path, "EUR 5", "7")
    assert "currency_unmarked" in check_names(history)
    assert history.meta.currency == "EUR"
    assert "currency_unmarked" not in check_names(won(tmp_path, "EUR 5", "0", ""))


def test_amounts_of_zero_and_none_have_no_currency(tmp_path: Path) -> None:
    assert won(tmp_path, "USD,5", "EUR,0", "EUR,", header=BESIDE).meta.currency == "USD"


def test_a_converted_column_does_not_take_the_currency_of_the_raw_one(tmp_path: Path) -> None:
    header = "id,created,closed,outcome,Amount Currency,Amount,Amount (converted) Currency,Amount (converted)"
    rows = ("USD,10,USD,10", "EUR,10,USD,11")
    text = refusal(tmp_path, *rows, header=header)
    assert '    [deals]\n    guess_others = true\n    amount = "Amount (converted)"' in text
    rules = (
        '[deals]\ncreated = "created"\nclosed = "closed"\noutcome = "outcome"\n'
        'amount = "Amount (converted)"\n'
    )
    history = won(tmp_path, *rows, header=header, rules=rules)
    assert (total(history), history.meta.currency) == (21, "USD")


def test_an_amount_in_home_currency_has_one_currency(tmp_path: Path) -> None:
    header = "id,created,closed,outcome,deal_currency_code,amount_in_home_currency"
    rules = (
        '[deals]\ncreated = "created"\nclosed = "closed"\noutcome = "outcome"\n'
        'amount = "amount_in_home_currency"\n'
    )
    history = won(tmp_path, "USD,10", "EUR,11", header=header, rules=rules)
    assert (total(history), history.meta.currency) == (21, "")


def test_the_name_of_a_column_tells_its_currency(tmp_path: Path) -> None:
    header = "id,created,closed,outcome,Currency,Value (EUR)"
    rules = '[deals]\ncreated = "created"\nclosed = "closed"\noutcome = "outcome"\namount = "Value (EUR)"\n'
    history = won(tmp_path, "USD,10", "GBP,11", header=header, rules=rules)
    assert (total(history), history.meta.currency) == (21, "EUR")


@pytest.mark.parametrize(
    ("currency", "found"),
    [("false", ""), ('"EUR"', "EUR"), ('"Money"', "GBP")],
    ids=["one", "code", "column"],
)
def test_the_mapping_names_the_currency_of_a_column(tmp_path: Path, currency: str, found: str) -> None:
    header = "id,created,closed,outcome,Currency,Money,amount"
    rules = (
        '[deals]\ncreated = "created"\nclosed = "closed"\noutcome = "outcome"\n'
        f'amount = {{ column = "amount", currency = {currency} }}\n'
    )
    history = won(tmp_path, "USD,GBP,10", "EUR,GBP,11", header=header, rules=rules)
    assert (total(history), history.meta.currency) == (21, found)


def test_an_unknown_column_of_currencies_is_an_error(tmp_path: Path) -> None:
    rules = (
        '[deals]\ncreated = "created"\nclosed = "closed"\noutcome = "outcome"\n'
        'amount = { column = "amount", currency = "Curency" }\n'
    )
    text = refusal(tmp_path, "USD,10", header="id,created,closed,outcome,Currency,amount", rules=rules)
    assert '"Curency" is neither a column of deals.csv nor a currency; did you mean "Currency"?' in text


def test_events_and_price_lists_have_currencies_too(tmp_path: Path) -> None:
    rows = ("1,Lead,2025-01-01,USD,5", "1,Won,2025-02-01,EUR,6")
    with pytest.raises(HistoryError, match="2 currencies"):
        events(
            tmp_path,
            *rows,
            header="deal,stage,entered,CurrencyIsoCode,amount",
            mapping=mapping(tmp_path, '[events]\namount = "amount"\n'),
        )
    table = write(
        tmp_path, "deals.csv", "id,created,closed,outcome,product,amount", "1,2025-01-05,2025-02-01,won,a,$5"
    )
    prices = write(tmp_path, "prices.csv", "product,price", "a,€9")
    rules = (
        '[deals]\ncreated = "created"\nclosed = "closed"\noutcome = "outcome"\namount = "amount"\n'
        'listed_amount = { table = "prices.csv", column = "price", on = "product" }\n'
    )
    with pytest.raises(HistoryError, match="2 currencies"):
        import_history([table, prices], "deals", mapping(tmp_path, rules))
    rules = f'currency = "USD"\n{rules}[rates]\nEUR = 2\n'
    history = import_history([table, prices], "deals", mapping(tmp_path, rules))
    assert deal(history, "1")["listed_amount"] == 18


def salesforce(folder: Path, rules: str) -> History:
    """A won deal in USD, one in EUR that is deleted, and one in GBP from another region."""
    opportunities = write(
        folder,
        "Opportunity.csv",
        "Id,StageName,Amount,CurrencyIsoCode,CreatedDate,CloseDate,IsClosed,IsWon,IsDeleted,Region",
        "1,Closed Won,100,USD,2025-01-01,2025-02-01,TRUE,TRUE,FALSE,US",
        "2,Closed Won,200,EUR,2025-01-01,2025-02-01,TRUE,TRUE,TRUE,US",
        "3,Closed Won,400,GBP,2025-01-01,2025-02-01,TRUE,TRUE,FALSE,UK",
    )
    steps = write(
        folder,
        "OpportunityHistory.csv",
        "Id,OpportunityId,StageName,Amount,CurrencyIsoCode,CreatedDate",
        *(f"h{d}{s},{d},{s},{d}0,{c},2025-0{m}-01" for d, c in ((1, "USD"), (2, "EUR"), (3, "GBP"))
          for m, s in ((1, "Prospecting"), (2, "Closed Won"))),
    )  # fmt: skip
    return import_history([opportunities, steps], "salesforce", mapping(folder, rules))


def test_deals_that_are_deleted_or_left_out_do_not_count(tmp_path: Path) -> None:
    """Catches a refusal that no filter can settle, and amounts of kept rows left as they are."""
    with pytest.raises(HistoryError, match="3 in GBP, 3 in USD"):
        salesforce(tmp_path, "")
    history = salesforce(tmp_path, '[where]\nRegion = "US"\n')
    assert (total(history), history.meta.currency) == (100, "USD")
    with pytest.raises(HistoryError, match="3 in EUR, 3 in USD"):
        salesforce(tmp_path, '[where]\nRegion = "US"\nIsDeleted = ["TRUE", "FALSE"]\n')


def test_typed_amounts_beside_a_column_of_currencies_are_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "deals.parquet"
    pl.DataFrame(
        {
            "id": [1, 2],
            "created": ["2025-01-01"] * 2,
            "closed": ["2025-02-01"] * 2,
            "outcome": ["won"] * 2,
            "Currency": pl.Series(["USD", "EUR"], dtype=pl.Categorical),
            "amount": [5.0, 6.0],
        }
    ).write_parquet(path)
    with pytest.raises(HistoryError, match="1 in EUR, 1 in USD"):
        import_history([path], "deals")


def test_credit_notes_of_won_deals_are_pointed_at_and_read_as_the_mapping_says(tmp_path: Path) -> None:
    rows = ("1000", "-250", "(50)")
    history = won(tmp_path, *rows)
    assert total(history) == 1000
    (asked,) = (check for check in history.meta.audit["checks"] if check["check"] == "won_negative")
    assert "2 won deals have a negative amount (credit notes?), -300 together" in asked["text"]
    assert asked["mapping"] == ['negative_amount = "amount"']
    history = won(tmp_path, *rows, rules=asked["mapping"][0])
    assert total(history) == 700
    assert "won_negative" not in check_names(history)
    assert total(won(tmp_path, *rows, rules='negative_amount = "positive"')) == 1300


def test_a_german_export_is_read_by_its_dates_and_separators(tmp_path: Path) -> None:
    """Catches 1.500 € read as one euro and a half."""
    file = write(
        tmp_path,
        "deals.csv",
        "id;created;closed;outcome;amount",
        *("1;03.01.2025;13.02.2025;won;1.500 €", "2;05.01.2025;20.02.2025;won;12.000 €"),
        *("3;07.01.2025;21.02.2025;lost;950 €", "4;09.01.2025;25.02.2025;won;2.750 €"),
    )
    history = import_history([file], "deals")
    assert total(history) == 16_250 + 950
    (asked,) = (check for check in history.meta.audit["checks"] if check["check"] == "amount_style")
    assert (
        "because dates are dd.mm.yyyy, columns are separated by ; and € is written behind the amounts"
        in asked["text"]
    )
    other = import_history([file], "deals", mapping(tmp_path, asked["mapping"][0]))
    assert total(other) == 16.25 + 950


def test_another_column_of_amounts_decides_between_two_styles(tmp_path: Path) -> None:
    header = "id,created,closed,outcome,listed amount,amount"
    history = won(tmp_path, '"1.999,90",1.500', '"5,00",12.000', header=header)
    assert total(history) == 13_500
    history = won(tmp_path, "1999.90,1.500", "5.00,12.000", header=header)
    assert total(history) == 13.5
    assert "amount_style" in check_names(history)


def test_two_styles_without_evidence_are_asked_about(tmp_path: Path) -> None:
    text = refusal(tmp_path, "1.500", "12.000")
    assert 'decimal = "," (1.500 is 1500) or decimal = "." (1.500 is 1.5)' in text
    assert total(won(tmp_path, "1.500", "12.000", rules='decimal = ","')) == 13_500


@pytest.mark.parametrize("currency", ["USD", "EUR"])
@pytest.mark.parametrize("name", ["Amount (EUR)", "amount_eur"])
@pytest.mark.parametrize("rates", ["", 'currency = "EUR"\n[rates]\nUSD = 0.5\n'])
def test_a_name_and_a_column_that_say_different_currencies_are_asked_about(
    tmp_path: Path, name: str, currency: str, rates: str
) -> None:
    """The amounts may be converted, or be in the currencies beside them: the lines for both work."""
    header = f"id,created,closed,outcome,Currency,{name}"
    rows = ("USD,10", f"{currency},11")
    text = refusal(tmp_path, *rows, header=header, rules=rates)
    assert f'column {name}: the name of the column says EUR, but column "Currency" says' in text
    assert f'[deals] amount = {{ column = "{name}", currency = "EUR" }}' in text
    converted = f'[deals]\namount = {{ column = "{name}", currency = "EUR" }}\n'
    assert total(won(tmp_path, *rows, header=header, rules=converted)) == 21
    beside = f'[deals]\namount = {{ column = "{name}", currency = "Currency" }}\n'
    history = won(tmp_path, *rows, header=header, rules=f'currency = "EUR"\n{beside}[rates]\nUSD = 0.5\n')
    assert total(history) == 10 * 0.5 + 11 * (0.5 if currency == "USD" else 1)


def test_a_filter_by_currency_settles_what_the_name_says(tmp_path: Path) -> None:
    header = "id,created,closed,outcome,Currency,Amount (EUR)"
    history = won(tmp_path, "USD,10", "EUR,11", header=header, rules='[where]\nCurrency = "EUR"\n')
    assert total(history) == 11
