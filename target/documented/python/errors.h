// Python's exceptions, as far as the documents' servers can raise them.
//
// A failed call raises. What no server catches leaves `serve` and stands for the end of the
// process; `what()` is then the last line of the traceback that Python would have printed.

#ifndef HUPSTORM_TARGET_DOCUMENTED_PYTHON_ERRORS_H_
#define HUPSTORM_TARGET_DOCUMENTED_PYTHON_ERRORS_H_

#include <stdexcept>
#include <string>

namespace hupstorm::python {

class Error : public std::runtime_error {
 public:
  // what() is "class_name: message".
  Error(const std::string& class_name, const std::string& message)
      : std::runtime_error(class_name + ": " + message),
        class_name_(class_name),
        message_(message) {}

  const std::string& class_name() const { return class_name_; }  // "ConnectionResetError"
  const std::string& message() const { return message_; }        // str(e): "[Errno 9] Bad file ..."

 private:
  std::string class_name_;
  std::string message_;
};

// A call of the system failed. The class is the one that Python picks for the errno (PEP 3151).
class OSError : public Error {
 public:
  explicit OSError(int error);

  int error() const { return error_; }  // the errno

 private:
  int error_;
};

class KeyError : public Error {
 public:
  explicit KeyError(const std::string& key) : Error("KeyError", key) {}
};

class TypeError : public Error {
 public:
  explicit TypeError(const std::string& message) : Error("TypeError", message) {}
};

class ValueError : public Error {
 public:
  explicit ValueError(const std::string& message) : Error("ValueError", message) {}
};

class UnicodeDecodeError : public Error {
 public:
  explicit UnicodeDecodeError(const std::string& message) : Error("UnicodeDecodeError", message) {}
};

}  // namespace hupstorm::python

#endif  // HUPSTORM_TARGET_DOCUMENTED_PYTHON_ERRORS_H_
