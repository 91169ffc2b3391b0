-- A store as version 1 of its schema was, with one forecast. Never change this file.
CREATE TABLE funnelsim_schema (version INTEGER NOT NULL PRIMARY KEY, migrated_at TEXT NOT NULL);
CREATE TABLE funnelsim_forecasts (
    id TEXT NOT NULL PRIMARY KEY, content_sha256 TEXT NOT NULL UNIQUE, stored_at TEXT NOT NULL,
    company TEXT NOT NULL, noun TEXT NOT NULL, currency TEXT NOT NULL, amount_is TEXT NOT NULL,
    metric TEXT NOT NULL, as_of DATE NOT NULL, period TEXT NOT NULL, period_start DATE NOT NULL,
    period_end DATE NOT NULL, likely DOUBLE PRECISION, quota DOUBLE PRECISION, chance DOUBLE PRECISION,
    model_sha256 TEXT NOT NULL, plan_sha256 TEXT NOT NULL, seed BIGINT, replications BIGINT,
    engine TEXT NOT NULL, version TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE funnelsim_periods (
    forecast_id TEXT NOT NULL REFERENCES funnelsim_forecasts (id), place INTEGER NOT NULL, period TEXT NOT NULL,
    period_start DATE NOT NULL, period_end DATE NOT NULL, quota DOUBLE PRECISION, chance DOUBLE PRECISION,
    mean DOUBLE PRECISION, p10 DOUBLE PRECISION, p50 DOUBLE PRECISION, p90 DOUBLE PRECISION,
    booked DOUBLE PRECISION, pipeline DOUBLE PRECISION, new DOUBLE PRECISION, expansion DOUBLE PRECISION,
    PRIMARY KEY (forecast_id, place));
CREATE TABLE funnelsim_quantiles (
    forecast_id TEXT NOT NULL REFERENCES funnelsim_forecasts (id), place INTEGER NOT NULL, amount TEXT NOT NULL,
    percent INTEGER NOT NULL, value DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (forecast_id, place, amount, percent));
CREATE TABLE funnelsim_deals (
    forecast_id TEXT NOT NULL REFERENCES funnelsim_forecasts (id), "row" INTEGER NOT NULL, deal TEXT NOT NULL,
    state TEXT NOT NULL, name TEXT, account TEXT, owner TEXT, source TEXT, segment TEXT, stage TEXT,
    amount DOUBLE PRECISION, p_in_period DOUBLE PRECISION, p_ever DOUBLE PRECISION,
    expected_in_period DOUBLE PRECISION, median_close DATE, closed DATE, PRIMARY KEY (forecast_id, "row"));
INSERT INTO funnelsim_schema VALUES (1, '2026-02-02T07:00:00+00:00');
INSERT INTO funnelsim_forecasts VALUES (
    '2026-02-01-0a1b2c', '0a1b2c', '2026-02-02T07:00:00+00:00', 'Acme', 'deal', 'USD', 'ACV', 'bookings',
    '2026-02-01', '2026Q1', '2026-01-01', '2026-03-31', 1100000.0, NULL, NULL, 'aa', 'bb', 1, 10000, 'fast',
    '0.1.0', '{"command": "forecast"}');
INSERT INTO funnelsim_periods VALUES (
    '2026-02-01-0a1b2c', 0, '2026Q1', '2026-01-01', '2026-03-31', NULL, NULL, 1112000.0, 900000.0, 1100000.0,
    1300000.0, 412000.0, 560000.0, 140000.0, 0.0);
