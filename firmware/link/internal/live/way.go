package live

import (
	"net"
	"strconv"

	"github.com/pion/webrtc/v4"

	"vestibule/hub/wire"
)

// maxWord bounds what of a relay's credentials is believed to be one, in bytes.
const maxWord = 512

// ways is how a viewer may be reached besides directly: over the hub's relay, if the hub said so. The relay is at
// the hub's own name, whatever the hub says, so that a hub cannot have this device knock at others. What
// crosses it is sealed between the device and the viewer.
func (a *Audience) ways(r *wire.Relay) []webrtc.ICEServer {
	if r == nil || a.cfg.Hub == "" || r.Port < 1 || r.Port > 1<<16-1 || r.User == "" || r.Password == "" || len(r.User) > maxWord || len(r.Password) > maxWord {
		return nil
	}
	return []webrtc.ICEServer{{
		URLs:     []string{"turn:" + net.JoinHostPort(a.cfg.Hub, strconv.Itoa(r.Port)) + "?transport=udp"},
		Username: r.User, Credential: r.Password,
	}}
}
