"""Results as a workbook of a spreadsheet program."""
