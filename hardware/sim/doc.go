// Package sim is a door on a desk: a simulated door with its strike, contacts, keypad, lamp, buzzer,
// cover switch and camera power, behind the same pins that a real door has.
//
//   - [House] is the door itself, a pure state machine with time as argument.
//   - [Server] runs a House in real time and serves connections to it.
//   - [Dial] gives the pins of a house over a connection, as periph's gpio.PinIO.
//   - [Watch] gives what a camera would see of it, [World].
//
// Nothing here may be linked into what a device runs; only programs built for a desk do.
//
// # What it models
//
// A spring latch falls into a fail-secure strike when the door is shut. While the coil has current
// the strike is free and the door opens from outside; from inside it always opens. Contacts bounce.
// Keys connect a row with a column, nothing more: ghost keys and outputs that fight each other
// appear as they do on a bench. The hardware's own one-shot cuts a coil that is on for 6 s. Without
// mains no coil has current and no lamp is lit.
//
// # The connection
//
// Lines of JSON over any stream. The first line of a client is {"hello":"pins"} or
// {"hello":"world"}.
//
//	pins:  > {"id":7,"pin":"lock.coil","drive":"high"}     drive: high, low, float
//	       < {"id":7,"levels":12}                          the answer, once the house has applied it
//	       < {"levels":13}                                 unasked, whenever an input moves
//	world: < {"door":0.4,"lamp":true,"light":1,"covered":false,"power":true,"shift":[0,0],"inside":0,"shade":0}
//
// levels has one bit per input, in the order of [Inputs]. A house has one client for its pins: the
// newest. When a connection ends, what its pins drove is let go, as the kernel does with lines.
//
// # Non-goals
//
// No electricity beyond levels, no second door, no network: connections are io.ReadWriteClosers, so
// that programs which must not link the package net can be clients.
package sim
