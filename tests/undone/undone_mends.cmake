# The mends of the reference that are undone one by one: undone_mend(NAME FILE FROM TO), where FROM
# stands in target/reference/FILE once and becomes TO. Each must fail the gate; undone_test.cc says
# by which oracle.
undone_mend(half_close_drain connection.cc
  "return !end_of_input_ || !output_.empty();"
  "return !end_of_input_;")
undone_mend(end_of_input connection.cc
  "    end_of_input_ = true;\n"
  "    readable_ = false;\n")
undone_mend(short_send_of_input connection.cc
  "if (!bytes.empty()) output_.Append(bytes);"
  "")
undone_mend(short_send_of_output connection.cc
  "output_.RemoveFront(sent);"
  "output_.RemoveFront(output_.size());")
undone_mend(spurious_eagain connection.cc
  "return error == EAGAIN || error == EINTR;"
  "return error == EINTR;")
undone_mend(no_sigpipe connection.cc
  ", MSG_NOSIGNAL);"
  ", 0);")
undone_mend(resume_at_low_water connection.cc
  "if (output_.size() <= limits_.low_water) paused_ = false;"
  "")
undone_mend(read_bound echo_server.cc
  "  return limits;"
  "  static const OutputLimits none{.high_water = SIZE_MAX, .low_water = 0};\n  return none;")
undone_mend(edge_triggered_rearm connection.cc
  "if (bytes.size() < room && !behind_short_read_) readable_ = false;"
  "readable_ = false;")
undone_mend(end_behind_short_read connection.cc
  "if (bytes.size() < room && !behind_short_read_) readable_ = false;"
  "if (bytes.size() < room) readable_ = false;")
undone_mend(accept_shortage listener.cc
  "      Pause();\n      break;"
  "      ThrowErrno(\"accept4\");")
undone_mend(accept_pause listener.cc
  "      Pause();\n"
  "")
undone_mend(interrupted_wait epoll_multiplexer.cc
  "if (errno == EINTR) return;"
  "")
undone_mend(watch_for_room echo_server.cc
  "if (wanted == client.interest) return true;"
  "if (wanted == client.interest || wanted.write) return true;")
undone_mend(unwatch_before_close echo_server.cc
  "  multiplexer_->Remove(client.connection.fd());\n"
  "")
undone_mend(stop_when_asked echo_server.cc
  "stopping_ = stop_.Take();"
  "stop_.Take();")
