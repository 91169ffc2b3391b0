"""One cell of an export as a value: dates, amounts, currencies, labels, flags."""
