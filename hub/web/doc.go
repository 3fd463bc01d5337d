// Package web is the hub's HTTP API and the pages it serves.
//
// Everything under /api speaks JSON, in and out. Times are RFC 3339 in UTC. Bytes inside
// letters are standard base64 (encoding/json's), inside statements base64url. An error is
//
//	{"error":{"code":"…","en":"…","fr":"…"}}
//
// with a sentence in each language for the person who meets it; [writeError] is the only
// place that makes one.
//
//	POST /api/letters/{device}     {kind, body} -> 200 {id, kind, body}: the device's answer.
//	                               Without a session: pair, knock, try. With the owner's: offer,
//	                               trickle, bye, remember.
//	                               503 device_offline, 504 device_silent, 429 too_often.
//	                               An answer of kind "no" is a 200 too: the device spoke.
//	GET  /api/relay/{device}       -> {port, user, password} of the relay at this hub's name, while a window is
//	                               open, for whoever may watch; null without one
//	POST /api/login/challenge      {} -> {challenge}: base64url of 32 bytes, good once, for 60 s
//	POST /api/login                {note: signed login} -> [Me], and a cookie for 30 days
//	POST /api/logout               {} -> 204
//	GET  /api/me                   -> [Me], or 401 login_needed
//	POST /api/deliveries           {note: signed pass, courier: {name?, note?}} -> 201 {delivery}
//	                               (200 when this very pass is known already)
//	GET  /api/deliveries           -> [[Delivery], …], the latest window first
//	POST /api/orders               {note: signed order} -> 201 {order}
//	POST /api/amendments           {note: signed amendment} -> {revision, until}; 409 old_revision
//	                               when there is a later one
//	GET  /api/log?device=&before=&limit=
//	                               -> [[wire.Event], …], newest first. before is an index, not
//	                               included; limit is 1 to 500, 100 unless told. device may be
//	                               left out by an owner who has one.
//	GET  /api/events               server-sent events, with a session:
//	                               event: online    {device, online}
//	                               event: state     {device, state: [wire.State]}
//	                               event: event     [wire.Event]
//	                               event: delivery  [Delivery], whenever its status changes
//	                               The current online and state of each device come first.
//	GET  /api/courier/{delivery}   -> [Notice]; no session. 404 no_delivery once it has ended.
//	GET  /api/courier/{delivery}/events
//	                               server-sent events, no session:
//	                               event: state     [Step], at once and on every change
//
// A browser's request must come from a page of ours: the Host header must be one of the
// hub's own names (so that no foreign name can be made to point here), a request that
// changes something must carry JSON and come from the same origin.
//
// Non-goals: TLS (the hub speaks plain HTTP on loopback only), accounts beyond owners.
package web
