DROP TRIGGER search_attribute_updated ON attribute;
DROP TRIGGER search_category_updated ON category;
DROP TRIGGER search_variant_deleted ON variant;
DROP TRIGGER search_variant_updated ON variant;
DROP TRIGGER search_variant_inserted ON variant;
DROP TRIGGER search_product_updated ON product;
DROP TRIGGER search_product_inserted ON product;
DROP FUNCTION search_attribute_updated, search_category_updated, search_variant_deleted, search_variant_updated,
    search_variant_inserted, search_product_updated, search_product_inserted, search_plan, search_beginning, search_terms, search_token,
    search_words_count, search_product_refresh_locked, search_product_refresh;
DROP PROCEDURE search_reindex;
DROP INDEX product_sales_best;
DROP TABLE search_redirect, search_synonym, search_term, search_word, search_product, search_setting;
DROP FUNCTION search_vector, search_pairs, search_sku, search_words, search_fold, search_configurations;
-- The extensions stay: another schema of the database may use them.
