# An echo server on Tcl's file events: echo.tcl PORT.
proc serve {client address port} {
  fconfigure $client -blocking 0 -translation binary -buffering none
  fileevent $client readable [list echo $client]
}
proc echo {client} {
  if {[catch {puts -nonewline $client [read $client 4096]}] || [eof $client]} {
    catch {fconfigure $client -blocking 1}
    catch {close $client}
  }
}
proc bgerror {message} {}
socket -server serve -myaddr 127.0.0.1 [lindex $argv 0]
vwait forever
