"""Files as tables: CSV, workbooks, Parquet and event logs, without what surrounds the rows."""
