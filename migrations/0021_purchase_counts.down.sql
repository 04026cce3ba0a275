DROP INDEX product_sales_none;
DROP INDEX product_sales_popular;
DROP TABLE purchase_pair;
DROP TABLE purchase_count;
DROP TABLE counted_order;
DROP TABLE purchase_cursor;
DELETE FROM product_sales;
