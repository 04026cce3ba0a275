DROP TABLE cart_ticket;
