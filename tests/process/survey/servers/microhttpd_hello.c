// libmicrohttpd with its own thread and epoll: microhttpd_hello PORT.
#include <microhttpd.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

static enum MHD_Result Answer(void* data, struct MHD_Connection* connection, const char* url,
                              const char* method, const char* version, const char* upload,
                              size_t* upload_size, void** state) {
  (void)data, (void)url, (void)method, (void)version, (void)upload, (void)upload_size;
  // An answer at the first call, which tells of the header, ends the connection.
  static int seen;
  if (*state == NULL) {
    *state = &seen;
    return MHD_YES;
  }
  struct MHD_Response* response =
      MHD_create_response_from_buffer(6, (void*)"hello\n", MHD_RESPMEM_PERSISTENT);
  const enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
  MHD_destroy_response(response);
  return result;
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct MHD_Daemon* daemon =
      MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, Answer, NULL,
                       MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_END);
  if (daemon == NULL) return 1;
  pause();
}
