// An echo server on libuv: libuv_echo PORT
//
// It reads no more from a client whose output is long, and answers what it has read before it ends
// a half-closed connection.

#include <netinet/in.h>
#include <uv.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace {

constexpr size_t kMostQueued = 64 * 1024;

struct Connection {
  uv_tcp_t tcp;
  uv_shutdown_t shutdown;
  bool paused = false;
};

struct Write {
  uv_write_t request;
  Connection* connection;
  std::string bytes;
};

void OnInput(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);

void Allocate(uv_handle_t*, size_t, uv_buf_t* buffer) {
  static char bytes[16 * 1024];
  *buffer = uv_buf_init(bytes, sizeof(bytes));
}

void Close(uv_stream_t* stream) {
  auto* handle = reinterpret_cast<uv_handle_t*>(stream);
  if (uv_is_closing(handle) != 0) return;
  uv_close(handle, [](uv_handle_t* closed) { delete static_cast<Connection*>(closed->data); });
}

void OnWritten(uv_write_t* request, int status) {
  auto* write = static_cast<Write*>(request->data);
  Connection* connection = write->connection;
  uv_stream_t* stream = request->handle;
  delete write;
  if (status < 0) return Close(stream);
  if (connection->paused && uv_stream_get_write_queue_size(stream) == 0) {
    connection->paused = false;
    uv_read_start(stream, Allocate, OnInput);
  }
}

void OnInput(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  auto* connection = static_cast<Connection*>(stream->data);
  if (count == UV_EOF) {
    uv_read_stop(stream);
    // Waits for what is queued.
    const int error = uv_shutdown(&connection->shutdown, stream,
                                  [](uv_shutdown_t* done, int) { Close(done->handle); });
    if (error < 0) Close(stream);
  } else if (count < 0) {
    Close(stream);
  } else if (count > 0) {
    auto* write = new Write{{}, connection, std::string(buffer->base, count)};
    write->request.data = write;
    uv_buf_t bytes = uv_buf_init(write->bytes.data(), write->bytes.size());
    if (uv_write(&write->request, stream, &bytes, 1, OnWritten) < 0) {
      delete write;
      return Close(stream);
    }
    if (uv_stream_get_write_queue_size(stream) > kMostQueued) {
      connection->paused = true;
      uv_read_stop(stream);
    }
  }
}

void OnConnection(uv_stream_t* listener, int status) {
  if (status < 0) return;
  auto* connection = new Connection;
  uv_tcp_init(listener->loop, &connection->tcp);
  connection->tcp.data = connection;
  auto* stream = reinterpret_cast<uv_stream_t*>(&connection->tcp);
  if (uv_accept(listener, stream) != 0) return Close(stream);
  uv_read_start(stream, Allocate, OnInput);
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
      uv_listen(reinterpret_cast<uv_stream_t*>(&listener), 128, OnConnection) != 0) {
    return 1;
  }
  uv_signal_t stop;
  uv_signal_init(loop, &stop);
  uv_signal_start(
      &stop, [](uv_signal_t* handle, int) { uv_stop(handle->loop); }, SIGTERM);
  uv_run(loop, UV_RUN_DEFAULT);
  return 0;
}
