// Package hardware is the room of the things that are bolted to a door. It holds no code of its
// own; each thing has a package:
//
//	lock      what holds the door, a strike, a magnet or a motor: freed for 5 s at most, twice guarded
//	contact   the door's and the bolt's contact: open, closed or unknown
//	egress    the request-to-exit button
//	tamper    the switch under the device's cover
//	keypad    the 4x3 key matrix, which costs nothing while nobody types
//	wiegand   a keypad or card reader that speaks Wiegand
//	lamp      the lamp in the visible zone, and the one that people see by
//	power     the camera's power
//	buzzer    short sounds
//	watchdog  the timer that restarts a machine whose program hangs
//	board     all of one door by role: what the gate opens
//	line      real pins, over the kernel's GPIO character device
//	sim       a simulated door for a desk, with the same pins
//	vmtest    the drivers on the kernel's own lines, run by make vm
//	level     reading a pin in a way that can fail, and edges with their time
//
// # Rules
//
// Drivers stand on the interfaces of periph.io/x/conn/v3/gpio and know neither the board nor who
// uses them. Every driver has a Halt that makes its thing inert: the door held, camera
// without power, lamps dark. A reading that fails is "unknown", never "closed". Drivers decide
// nothing: who may open the door is the gate's business.
//
// Never call Read or Function on an output pin: with periph's own Linux driver both turn it into an
// input and so let go of the coil. Every wait for an edge has a positive time-out, because 0 and -1
// mean different things to different implementations of the same interface.
//
// Nothing here links the package net, so that the programs which hold the pins have no network code
// at all.
//
// # Non-goals
//
// No registry of pins, no init functions, no detection of the board: the board file says what is
// wired where (package board).
package hardware
