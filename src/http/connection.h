/* connection.h - one peer: reads requests, writes responses, keeps the time. */
#ifndef CULPRIT_HTTP_CONNECTION_H
#define CULPRIT_HTTP_CONNECTION_H

#include "http/exchange.h"
#include "http/network.h"

#define CONNECTION_MAGIC 0x434f4e4eu

enum connection_state {
  CONNECTION_IDLE,   /* between requests */
  CONNECTION_HEAD,   /* a part of a head is here */
  CONNECTION_BODY,   /* head read, body not yet */
  CONNECTION_WORK,   /* a handler has it */
  CONNECTION_WRITE,  /* the socket takes the response piece by piece */
  CONNECTION_TURN,   /* the next request is here, and waits while others have their turn */
  CONNECTION_LINGER, /* answered for the last time; waits for the peer to close */
  CONNECTION_CLOSED,
};

struct connection {
  uint32_t magic;
  uint8_t state;
  bool is_control;
  bool is_unix;
  bool is_last;      /* no request after this one */
  bool is_peer_done; /* the peer sends no more */
  bool is_reading;
  bool needs_drain; /* the peer may still be sending what nobody wants */
  bool is_handle_closed;
  union {
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  uv_write_t write;
  struct network *network;
  struct connection *older, *newer; /* in network->idle or network->busy */
  struct exchange *exchange;        /* from the head's end to the response's end */
  struct head_scanner scanner;
  int64_t heard_ms;   /* when a part of a head or body last came */
  int64_t since_ms;   /* when this state began, or writing last went on */
  size_t progress;    /* bytes left to write at since_ms, or dropped while lingering */
  struct buffer held; /* a part of a head, or what was sent behind a request in work */
  size_t held_budget; /* bytes of `held` taken from the memory budget */
  char address[INET6_ADDRSTRLEN];
};

void connection_accept(struct listener *listener);
/* The response is ready: writes it, or drops it when the peer is gone. */
void connection_answer(struct connection *connection);
/* Another turn for a connection in CONNECTION_TURN. */
void connection_continue(struct connection *connection);
void connection_close(struct connection *connection);
/* Closes what took too long; from the network's timer. */
void connection_check_time(struct connection *connection, int64_t now_ms);

#endif
