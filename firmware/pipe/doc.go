// Package pipe is how the three programs on a device speak: framed messages over Unix
// stream sockets, without package net, so that eye and gate link none.
//
// A frame is a 5-byte head, a big-endian uint32 length of what follows the head and one
// byte of [Type], and the body. Control bodies are JSON, access units are binary. A body
// is at most [MaxBody] bytes; a longer one breaks the connection.
//
//	eye  -> gate   Hello, Look, Trouble, Tint, Reference
//	gate -> eye    Wake, Sleep, Tint, Visit, Lamp, Remember
//	link -> gate   Hello, Mail, Note, Follow, Net, Ask, Left
//	gate -> link   Mail, Event, State, Beat, Admit, Until, Cut, Drill
//	eye  -> link   Unit, Glass
//	link -> eye    Hello, KeyPlease, Wish
//
// Listening sockets are handed down by whoever started the program (LISTEN_FDS, as
// systemd does), so that a program can die and come back without its peers' sockets
// going away. Whoever connects tries again until it works.
//
// The codec ([Reader], [Writer]) is pure; [Conn] adds a socket.
//
// Non-goals: encryption or authentication on the pipe (file permissions and the peer's
// uid do that), request/response bookkeeping, compatibility between versions: the three
// programs ship together, and [Hello] refuses another version.
package pipe
