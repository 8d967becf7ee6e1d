// cpp-httplib, its pool of threads: httplib_hello PORT.
#include <httplib.h>

#include <cstdlib>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  httplib::Server server;
  server.Get("/", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("hello\n", "text/plain");
  });
  server.listen("127.0.0.1", std::atoi(argv[1]));
}
