// Package wire is what Vestibule says over MQTT and between hub and pages: topics,
// payloads, and the words for events and reasons. Payloads are JSON; golden files in
// testdata show each one. No code and no picture is ever in one.
//
// Topics, all under vestibule/v1/DEVICE/ where DEVICE is the device's id:
//
//	online        device -> all, retained, last will: {"online":true|false}
//	state         device -> all, retained: [State]
//	pulse         device -> hub, QoS 0, while a window is open: [Pulse]
//	event/KIND    device -> all, QoS 1: [Event]; at least once, so know it by its id
//	letter/out    device -> hub, QoS 1: [Letter], a reply to the letter of the same id
//	letter/in     hub -> device, QoS 1: [Letter]
//	pass/DELIVERY hub -> device, QoS 1, retained until the window is over: a signed pass
//	amend/DELIVERY hub -> device, QoS 1, retained until the window is over: the latest signed amendment
//	order/ID      hub -> device, QoS 1, retained until the window is over: a signed order
//	grant/KEY     hub -> device, QoS 1, retained until it is revoked: the latest signed grant of a key, by its id
//	revoke/KEY    hub -> device, QoS 1, retained: the latest signed revocation of it
//	seen          hub -> device, QoS 1, retained: [Seen], events the hub has on disk
//	lock          reader -> hub, QoS 1, never retained: LOCK, the door is to be locked now
//
// Signed notes may come in any order, twice, and again after every start. A revocation stays
// retained for as long as the grants that it ends could hold.
//
// A reader's credentials see online, state and event only, and may say lock: it takes the coil's
// current, burns and bars nothing, and nothing that a reader can say opens a door. The hub makes a
// letter of it. It is Home Assistant's command topic, with its own payload_lock; there is nothing
// to unlock with. Of event they do not see [Duress]: readers are speakers and screens, and might say
// it aloud in front of whoever forces somebody at the door. It is in no state either, and nothing but
// online and state is retained for a reader. The household's pages show it, which the hub has from its
// own subscription. Whoever runs a broker of their own has to keep readers from event/duress in its
// rules. A device's credentials see its own subtree only.
//
// Events are the device's journal: their ids count up without a gap, and the device
// keeps them until the hub has seen them. That is how an event arrives although link or
// hub were dead when it happened, and how it is known when it arrives twice.
//
// The package is pure and shared by hub and firmware.
package wire
