// Package relay joins two who cannot reach each other: a device behind one router and a phone behind another.
// It is a TURN server (RFC 8656, by pion/turn) that is off unless the hub is told where to listen.
//
// What crosses it is DTLS and SRTP between the device and the viewer, whose certificates both have signed for;
// it sees who speaks, when, and how much, and nothing else.
//
// # Who may use it
//
// Credentials are those of the TURN REST form (draft-uberti-behave-turn-rest-00): the user is EXPIRY:WINDOW.ROLE, the password
// an HMAC of it by a key that this hub makes when it starts and writes nowhere. The hub gives them to whoever
// is logged in and may watch, and to the device with the offer it carries, for a window that is open, until
// its end. At that end, or when the device says that the window is closed, all that was allocated ends as well.
//
// # Whom it relays to
//
// Nobody but another who holds credentials of the same window. A relayed address (RFC 8656, section 5) is not a
// port of this machine: it is a number on a board in here, written as one of 192.0.2.1, an address of
// nobody (RFC 5737), and a packet to it is handed over in memory. So both sides have to use the relay, no port but
// the one is open, and whoever steals credentials can send to the two who have them, and not into the home's
// network, to this machine, or into the world. A wish to reach any other address is refused when it is said
// (CreatePermission, ChannelBind), and would lead nowhere.
//
// Bounds: [maxLines] allocations in all and [maxOfWindow] of one window; [queue] packets wait for one; what comes
// faster is dropped, as any network would.
//
// Non-goals: TCP and TLS to the relay, IPv6 between the two, several hubs behind one relay's name.
package relay

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the TURN REST form asks for it; nothing here is signed
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"vestibule/hub/wire"
)

const realm = "vestibule"

// Role says whose credentials they are.
type Role string

// The two who are joined.
const (
	Device Role = "device"
	Viewer Role = "viewer"
)

// Relay is a running relay. Its methods may be called from any goroutine. It has to be closed.
type Relay struct {
	key    []byte
	port   int
	now    func() time.Time
	board  *board
	server *turn.Server
}

// New serves on a UDP socket, which it owns from now on.
func New(conn net.PacketConn, now func() time.Time) (*Relay, error) {
	at, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		return nil, errors.Join(fmt.Errorf("relay: %v is no UDP address", conn.LocalAddr()), conn.Close())
	}
	r := &Relay{key: make([]byte, 32), port: at.Port, now: now, board: newBoard(now)}
	if _, err := rand.Read(r.key); err != nil {
		return nil, errors.Join(fmt.Errorf("relay: %w", err), conn.Close())
	}
	var err error
	r.server, err = turn.NewServer(turn.ServerConfig{
		Realm:       realm,
		AuthHandler: r.authenticate,
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn: conn, RelayAddressGenerator: r.board,
			PermissionHandler: func(_ net.Addr, peer net.IP) bool { return peer.Equal(nowhere()) },
		}},
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled, ScopeLevels: map[string]logging.LogLevel{}},
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("relay: %w", err), conn.Close())
	}
	return r, nil
}

// Port is where it listens.
func (r *Relay) Port() int { return r.port }

// Credentials are good for a window until its end.
func (r *Relay) Credentials(window string, role Role, until time.Time) wire.Relay {
	user := strconv.FormatInt(until.Unix(), 10) + ":" + window + "." + string(role)
	return wire.Relay{Port: r.port, User: user, Password: r.password(user)}
}

func (r *Relay) password(user string) string {
	mac := hmac.New(sha1.New, r.key)
	mac.Write([]byte(user))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// End ends all that was allocated for a window.
func (r *Relay) End(window string) { r.board.end(window) }

// Close ends everything and waits for it.
func (r *Relay) Close() error {
	err := r.server.Close()
	r.board.close()
	return err
}

// authenticate gives the key of a user whose time is not over; that they know the password is pion's to check. A
// name that this hub never wrote has a password that nobody knows.
func (r *Relay) authenticate(a *turn.RequestAttributes) (user string, key []byte, ok bool) {
	end, window, ok := parse(a.Username)
	if !ok || !r.now().Before(end) {
		return "", nil, false
	}
	return a.Username, turn.GenerateAuthKey(a.Username, a.Realm, r.password(a.Username)), window != ""
}

// parse reads a user's name.
func parse(user string) (end time.Time, window string, ok bool) {
	stamp, who, ok := strings.Cut(user, ":")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	dot := strings.LastIndexByte(who, '.')
	if !ok || err != nil || dot < 1 || len(user) > 256 {
		return time.Time{}, "", false
	}
	return time.Unix(seconds, 0), who[:dot], true
}
