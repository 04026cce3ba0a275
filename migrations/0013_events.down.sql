DROP TABLE mailbox_message;
DROP TABLE job;
DROP TABLE worker;
DROP TABLE delivery;
DROP TABLE event_target;
DROP TABLE relay;
DROP TABLE outbox;
