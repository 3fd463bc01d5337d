package house

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Device is a device that was enrolled at this hub.
type Device struct {
	ID       string            // pass.KeyID of Sign
	Sign     ed25519.PublicKey // verifies its card
	Owner    string            // key id; empty until it is paired
	Card     string            // its signed card; empty until it is paired
	Next     uint64            // all events below this index are on disk here
	Enrolled time.Time
}

// Owner is a person a device obeys, as far as the hub was shown.
type Owner struct {
	ID   string // pass.KeyID of Key
	Key  ed25519.PublicKey
	Name string // as they call themselves
}

// Presence is what a device last said of itself. It lives in memory only: after the hub
// starts, devices connect again and say it again.
type Presence struct {
	Online bool        // it is connected, as far as the broker knows
	Silent bool        // a pulse of its that was due did not come
	Since  time.Time   // since when it cannot be reached; zero if it can, or if that is not known
	State  *wire.State // nil: not heard of
}

// Reached reports whether the device can be reached.
func (p Presence) Reached() bool { return p.Online && !p.Silent }

// Role is what an MQTT user may do; the broker's rules hang on it.
type Role string

// Roles of MQTT users.
const (
	RoleDevice Role = "device" // its own subtree
	RoleReader Role = "reader" // read what every device says to all
)

// User is an MQTT user.
type User struct {
	Name   string
	Role   Role
	Device string // for RoleDevice
	Secret [sha256.Size]byte
}

// Check compares a password in constant time.
//
// A plain SHA-256 is right here, where a human's password would need a slow hash: the
// password is 128 random bits of ours, so there is nothing to guess faster.
func (u User) Check(password []byte) bool {
	sum := sha256.Sum256(password)
	return u.Name != "" && subtle.ConstantTimeCompare(sum[:], u.Secret[:]) == 1
}

// Login is what an MQTT client needs to connect.
type Login struct {
	User     string
	Password string
}

// NewUser makes a user with a fresh random password of 128 bits. The password exists
// nowhere but in the Login.
func NewUser(name string, role Role, device string) (User, Login, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return User{}, Login{}, fmt.Errorf("draw a password: %w", err)
	}
	password := base64.RawURLEncoding.EncodeToString(b[:])
	return User{name, role, device, sha256.Sum256([]byte(password))}, Login{name, password}, nil
}

// Identity is who a new device says it is, on paper: brought to the hub by the person
// who holds both in their hands, not over the network.
type Identity struct {
	Device string
	Sign   ed25519.PublicKey
}

// ParseIdentity reads what `gate identity` prints. That may hold the pairing secret
// too, which is none of the hub's business; it is not looked at.
func ParseIdentity(b []byte) (Identity, error) {
	var file struct {
		Device string `json:"device"`
		Sign   string `json:"sign"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		return Identity{}, fmt.Errorf("identity: %w", err)
	}
	key, err := pass.DecodeKey(file.Sign)
	if err != nil {
		return Identity{}, fmt.Errorf("identity: %w", err)
	}
	if file.Device != pass.KeyID(key) {
		return Identity{}, fmt.Errorf("identity: device %.64q is not the name of its key, %s", file.Device, pass.KeyID(key))
	}
	return Identity{file.Device, key}, nil
}

// Enroller is the part of a store that [Enrol] needs.
type Enroller interface {
	Devices
	Users
}

// Enrol makes a device known and gives it a login for MQTT; an older login of that
// device is void. A device that is known keeps its owner.
func Enrol(ctx context.Context, store Enroller, id Identity, now time.Time) (Login, error) {
	_, err := store.Device(ctx, id.Device)
	if errors.Is(err, ErrNoDevice) {
		err = store.AddDevice(ctx, Device{ID: id.Device, Sign: id.Sign, Enrolled: now})
	}
	if err != nil {
		return Login{}, err
	}
	user, login, err := NewUser("device-"+id.Device, RoleDevice, id.Device)
	if err != nil {
		return Login{}, err
	}
	return login, store.PutUser(ctx, user)
}

// AddReader makes a login that may read what all devices say to all. An older login of
// that name is void.
func AddReader(ctx context.Context, store Users, name string) (Login, error) {
	user, login, err := NewUser("reader-"+name, RoleReader, "")
	if err != nil {
		return Login{}, err
	}
	return login, store.PutUser(ctx, user)
}
