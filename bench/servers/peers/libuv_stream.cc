// An echo server on libuv's streams: libuv_stream PORT
//
// As libuv is used for speed: one buffer for all connections, uv_try_write first, and a
// queued write for what the client does not take at once. While one is queued, nothing is read.
// What was read before a half-close is answered.

#include <netinet/in.h>
#include <sys/socket.h>
#include <uv.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace {

struct Connection {
  uv_tcp_t tcp;
  uv_write_t write;
  std::string kept;
};

uv_stream_t* Stream(Connection* connection) {
  return reinterpret_cast<uv_stream_t*>(&connection->tcp);
}

void Allocate(uv_handle_t*, size_t, uv_buf_t* buffer) {
  static char bytes[64 * 1024];
  *buffer = uv_buf_init(bytes, sizeof bytes);
}

void Close(Connection* connection) {
  auto* handle = reinterpret_cast<uv_handle_t*>(&connection->tcp);
  if (uv_is_closing(handle) != 0) return;
  uv_close(handle, [](uv_handle_t* closed) { delete static_cast<Connection*>(closed->data); });
}

void OnInput(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);

void OnWritten(uv_write_t* write, int status) {
  auto* connection = static_cast<Connection*>(write->handle->data);
  std::string().swap(connection->kept);
  if (status < 0 || uv_read_start(write->handle, Allocate, OnInput) < 0) Close(connection);
}

void OnInput(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  auto* connection = static_cast<Connection*>(stream->data);
  if (count < 0) return Close(connection);  // nothing is queued: reading stops while it is
  if (count == 0) return;
  uv_buf_t bytes = uv_buf_init(buffer->base, static_cast<unsigned>(count));
  int sent = uv_try_write(stream, &bytes, 1);
  if (sent == count) return;
  if (sent < 0 && sent != UV_EAGAIN) return Close(connection);
  if (sent < 0) sent = 0;
  connection->kept.assign(buffer->base + sent, static_cast<size_t>(count - sent));
  bytes = uv_buf_init(connection->kept.data(), static_cast<unsigned>(connection->kept.size()));
  uv_read_stop(stream);
  if (uv_write(&connection->write, stream, &bytes, 1, OnWritten) < 0) Close(connection);
}

void OnConnection(uv_stream_t* listener, int status) {
  if (status < 0) return;
  auto* connection = new Connection;
  uv_tcp_init(listener->loop, &connection->tcp);
  connection->tcp.data = connection;
  if (uv_accept(listener, Stream(connection)) != 0) return Close(connection);
  uv_tcp_nodelay(&connection->tcp, 1);
  uv_read_start(Stream(connection), Allocate, OnInput);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::signal(SIGPIPE, SIG_IGN);
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_t listener;
  sockaddr_in address;
  uv_tcp_init(loop, &listener);
  uv_ip4_addr("127.0.0.1", std::atoi(argv[1]), &address);
  if (uv_tcp_bind(&listener, reinterpret_cast<sockaddr*>(&address), 0) != 0 ||
      uv_listen(reinterpret_cast<uv_stream_t*>(&listener), SOMAXCONN, OnConnection) != 0) {
    return 1;
  }
  uv_signal_t stop;
  uv_signal_init(loop, &stop);
  uv_signal_start(
      &stop, [](uv_signal_t* handle, int) { uv_stop(handle->loop); }, SIGTERM);
  uv_run(loop, UV_RUN_DEFAULT);
  return 0;
}
