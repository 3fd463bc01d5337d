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
//	                               Without a session: pair, knock, try. With the owner's, or one of
//	                               whom the owner granted it: offer, trickle, bye, remember, drill, lock. With the
//	                               owner's alone: time.
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
//	GET  /api/people?device=       -> [People]; the owner's alone, as are the next three
//	POST /api/people               {note: signed grant or revocation} -> 201 {person}
//	POST /api/invites              {device, invite: base64url of 16 bytes} -> 201 [Invite]
//	POST /api/invites/{invite}/withdraw
//	                               {} -> 204
//	GET  /api/invites/{invite}     -> [Invited]; no session. 404 no_invite once it is over.
//	POST /api/invites/{invite}/answer
//	                               {key, name, mac} -> [Invited]; no session. 409 invite_taken when
//	                               another key was there before.
//	GET  /api/events               server-sent events, with a session:
//	                               event: online    {device, online, since?}: since when it cannot be reached
//	                               event: state     {device, state: [wire.State]}
//	                               event: event     [wire.Event]
//	                               event: delivery  [Delivery], whenever its status changes
//	                               event: people    {device}: who may do what changed; an owner's
//	                               event: over      {device}: the place at it was taken away
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
// Who is logged in is an owner or a member: somebody to whom an owner granted something that holds
// now (house.Seat). A member asks for what they were granted, sees the deliveries that they signed or
// that name them, the events about these and themselves, and no invitation. What their grant does not
// say is 403 not_granted. Every request asks anew, so that a revocation ends a session at once.
//
// An invitation's id is made of a secret that is in its link's fragment alone; whoever has the link
// answers with their key, a name and a MAC over the key with the secret. The hub carries these and
// can make none of them (see hub/web/app/src/lib/invite.ts).
//
// Non-goals: TLS (the hub speaks plain HTTP on loopback only), accounts beyond owners and members.
package web
