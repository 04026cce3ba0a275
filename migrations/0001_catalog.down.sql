DROP TABLE catalog_version;
DROP TABLE stock_movement;
DROP TABLE stock;
DROP TABLE variant;
DROP TABLE product;
DROP FUNCTION product_search_update();
DROP TABLE category;
