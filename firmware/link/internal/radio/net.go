package radio

import (
	"context"
	"errors"
	"net"

	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
)

// Net is the radio's network for pion: this machine's own, by UDP only, as link's pictures go no other way.
func (r *Radio) Net() transport.Net { return network{r} }

var errNoTCP = errors.New("radio: pictures go by UDP only")

// silentError says of a name that it was not looked up.
func silentError(name string) error {
	return &net.DNSError{Err: "the radio is silent", Name: name, IsTimeout: true, IsTemporary: true}
}

type network struct{ radio *Radio }

// own is this machine's network as it is now: interfaces come and go.
func (n network) own() (*stdnet.Net, error) { return stdnet.NewNet() }

func (n network) udp(c *net.UDPConn, err error) (transport.UDPConn, error) {
	if err != nil {
		return nil, err
	}
	s, err := n.radio.add(c)
	if err != nil {
		return nil, err
	}
	return &datagrams{UDPConn: c, socket: s}, nil
}

func (n network) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	return n.udp(net.ListenUDP(network, local))
}

func (n network) DialUDP(network string, local, remote *net.UDPAddr) (transport.UDPConn, error) {
	return n.udp(net.DialUDP(network, local, remote))
}

func (n network) ListenPacket(network, address string) (net.PacketConn, error) {
	local, err := net.ResolveUDPAddr(network, address) // an address of this machine's: nobody is asked
	if err != nil {
		return nil, err
	}
	return n.ListenUDP(network, local)
}

func (n network) Dial(network, address string) (net.Conn, error) {
	remote, err := n.ResolveUDPAddr(network, address)
	if err != nil {
		return nil, err
	}
	return n.DialUDP(network, nil, remote)
}

func (n network) ResolveUDPAddr(network, address string) (*net.UDPAddr, error) {
	if silent, _ := n.radio.state(); silent {
		return nil, silentError(address)
	}
	return net.ResolveUDPAddr(network, address)
}

func (n network) ResolveIPAddr(network, address string) (*net.IPAddr, error) {
	if silent, _ := n.radio.state(); silent {
		return nil, silentError(address)
	}
	return net.ResolveIPAddr(network, address)
}

func (n network) ResolveTCPAddr(string, string) (*net.TCPAddr, error) { return nil, errNoTCP }

func (n network) ListenTCP(string, *net.TCPAddr) (transport.TCPListener, error) { return nil, errNoTCP }

func (n network) DialTCP(string, *net.TCPAddr, *net.TCPAddr) (transport.TCPConn, error) {
	return nil, errNoTCP
}

func (n network) Interfaces() ([]*transport.Interface, error) {
	own, err := n.own()
	if err != nil {
		return nil, err
	}
	return own.Interfaces()
}

func (n network) InterfaceByIndex(index int) (*transport.Interface, error) {
	own, err := n.own()
	if err != nil {
		return nil, err
	}
	return own.InterfaceByIndex(index)
}

func (n network) InterfaceByName(name string) (*transport.Interface, error) {
	own, err := n.own()
	if err != nil {
		return nil, err
	}
	return own.InterfaceByName(name)
}

func (n network) CreateDialer(*net.Dialer) transport.Dialer { return n }

func (n network) CreateListenConfig(*net.ListenConfig) transport.ListenConfig { return listening{n} }

type listening struct{ network }

func (l listening) Listen(context.Context, string, string) (net.Listener, error) {
	return nil, errNoTCP
}

func (l listening) ListenPacket(_ context.Context, network, address string) (net.PacketConn, error) {
	return l.network.ListenPacket(network, address)
}

// datagrams is a socket whose datagrams are lost while the radio is silent. It has no more methods than pion needs, so
// that none gets past.
type datagrams struct {
	transport.UDPConn
	*socket
}

func (d *datagrams) lost() bool {
	silent, _ := d.radio.state()
	return silent
}

func (d *datagrams) Close() error { return d.socket.Close() }

func (d *datagrams) Read(b []byte) (int, error) {
	n, err := d.UDPConn.Read(b)
	return n, d.why(err)
}

func (d *datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := d.UDPConn.ReadFrom(b)
	return n, from, d.why(err)
}

func (d *datagrams) ReadFromUDP(b []byte) (int, *net.UDPAddr, error) {
	n, from, err := d.UDPConn.ReadFromUDP(b)
	return n, from, d.why(err)
}

func (d *datagrams) ReadMsgUDP(b, oob []byte) (n, oobn, flags int, from *net.UDPAddr, err error) {
	n, oobn, flags, from, err = d.UDPConn.ReadMsgUDP(b, oob)
	return n, oobn, flags, from, d.why(err)
}

func (d *datagrams) Write(b []byte) (int, error) {
	if d.lost() {
		return len(b), nil
	}
	return d.UDPConn.Write(b)
}

func (d *datagrams) WriteTo(b []byte, to net.Addr) (int, error) {
	if d.lost() {
		return len(b), nil
	}
	return d.UDPConn.WriteTo(b, to)
}

func (d *datagrams) WriteToUDP(b []byte, to *net.UDPAddr) (int, error) {
	if d.lost() {
		return len(b), nil
	}
	return d.UDPConn.WriteToUDP(b, to)
}

func (d *datagrams) WriteMsgUDP(b, oob []byte, to *net.UDPAddr) (n, oobn int, err error) {
	if d.lost() {
		return len(b), len(oob), nil
	}
	return d.UDPConn.WriteMsgUDP(b, oob, to)
}
