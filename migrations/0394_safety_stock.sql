-- Few cells keep something back; the configuration file reads them.
create index stock_safety on stock (sku, location) where safety > 0;
