DROP TRIGGER category_slug_retire ON category;
DROP TRIGGER product_slug_retire ON product;
DROP FUNCTION category_slug_retire();
DROP FUNCTION product_slug_retire();
DROP TABLE category_slug;
DROP TABLE product_slug;
