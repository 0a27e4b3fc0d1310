//go:build e2e

package e2e

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pion/turn/v5"
	"github.com/pion/webrtc/v3"
	"go.yaml.in/yaml/v3"
)

// A composeService is a service of a compose file, as far as the examples use them.
type composeService struct {
	Image       string
	NetworkMode string `yaml:"network_mode"`
	Restart     string
	User        string
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
	DependsOn   []string `yaml:"depends_on"`
	Ulimits     map[string]int
	Environment map[string]string
	Volumes     []string
	Ports       []string
	Command     []string
}

// A deployment is one of the examples with a compose file, in a folder of its own.
type deployment struct {
	folder   string
	services map[string]composeService
}

// readDeployment copies the examples and reads the compose file of one of them, with the variables of its .env and those of the test.
func readDeployment(t *testing.T, name string, variables map[string]string) deployment {
	t.Helper()
	all := t.TempDir()
	if err := os.CopyFS(all, os.DirFS(filepath.Join(env.root, "examples", "deploy"))); err != nil {
		t.Fatal(err)
	}
	d := deployment{folder: filepath.Join(all, name)}
	dotenv, err := os.ReadFile(filepath.Join(d.folder, ".env"))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for line := range strings.Lines(string(dotenv)) {
		if key, value, found := strings.Cut(strings.TrimSpace(line), "="); found && !strings.HasPrefix(line, "#") {
			values[key] = value
		}
	}
	for key, value := range variables {
		if _, known := values[key]; !known {
			t.Errorf("%s: .env does not name %s", name, key)
		}
		values[key] = value
	}
	text, err := os.ReadFile(filepath.Join(d.folder, "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	expanded := os.Expand(string(text), func(key string) string {
		value, known := values[key]
		if !known {
			t.Errorf("%s: .env does not name %s", name, key)
		}
		return value
	})
	var file struct{ Services map[string]composeService }
	strict := yaml.NewDecoder(strings.NewReader(expanded))
	strict.KnownFields(true)
	if err := strict.Decode(&file); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	d.services = file.Services
	return d
}

// source is the file or folder of this machine behind a volume; what is absolute is put into the deployment's folder.
func (d deployment) source(volume string) string {
	from, _, _ := strings.Cut(volume, ":")
	return filepath.Join(d.folder, from)
}

// options are what podman needs to run a service of a deployment.
func (d deployment) options(t *testing.T, name string) []string {
	t.Helper()
	s, known := d.services[name]
	if !known {
		t.Fatalf("no service %s in %s", name, d.folder)
	}
	options := []string{"--network", cmp.Or(s.NetworkMode, "bridge")}
	for key, value := range s.Environment {
		options = append(options, "--env", key+"="+value)
	}
	for _, volume := range s.Volumes {
		from := d.source(volume)
		if _, err := os.Stat(from); err != nil { // as Docker does
			if err := os.MkdirAll(from, 0o777); err != nil {
				t.Fatal(err)
			}
		}
		_, to, _ := strings.Cut(volume, ":")
		options = append(options, "--volume", from+":"+to)
	}
	for _, port := range s.Ports {
		options = append(options, "--publish", port)
	}
	for _, right := range s.CapDrop {
		options = append(options, "--cap-drop", right)
	}
	for _, option := range s.SecurityOpt {
		options = append(options, "--security-opt", option)
	}
	if s.User != "" {
		options = append(options, "--user", s.User)
	}
	return append(options, fmt.Sprintf("--read-only=%v", s.ReadOnly))
}

// Every YAML file of the examples is well-formed, and the services hold what the guides rely on.
func TestDeployFiles(t *testing.T) {
	var files []string
	err := filepath.WalkDir(filepath.Join(env.root, "examples", "deploy"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".yaml" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) != 4 {
		t.Fatalf("files %q: %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
			var document map[string]any
			if err := decoder.Decode(&document); err == io.EOF {
				break
			} else if err != nil || len(document) == 0 {
				t.Fatalf("%s: %v", file, err)
			}
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(file), "README.md")); err != nil {
			t.Error(err)
		}
	}

	for _, name := range []string{"compose-coturn", "openvidu", "bridge-one-port"} {
		d := readDeployment(t, name, nil)
		for service, s := range d.services {
			if s.Restart != "unless-stopped" || strings.HasSuffix(s.Image, ":latest") && !strings.HasPrefix(s.Image, "rivero") {
				t.Errorf("%s: %s: restart %q, image %s", name, service, s.Restart, s.Image)
			}
			for _, volume := range s.Volumes {
				from, to, _ := strings.Cut(volume, ":")
				if strings.Contains(to, "recordings") && from != to {
					t.Errorf("%s: %s: recordings are at %s and at %s", name, service, from, to)
				}
			}
		}
	}
	vidu := readDeployment(t, "openvidu", nil).services
	kms, server := vidu["kms"], vidu["openvidu-server"]
	const recordings = "/opt/openvidu/recordings:/opt/openvidu/recordings"
	if server.Environment["KMS_URIS"] != `["wss://192.168.1.2:8433/kurento"]` || kms.NetworkMode != "host" || kms.Ulimits["nofile"] < 65536 ||
		kms.Environment["KMS_MIN_PORT"] != "40000" || kms.Environment["KMS_MAX_PORT"] != "57000" ||
		!slices.Contains(kms.Volumes, recordings) || !slices.Contains(server.Volumes, recordings) {
		t.Errorf("openvidu: %+v %+v", kms, server)
	}
}

// The TURN server of the examples relays to the media server, and to nothing else of an internal network.
func TestDeployTURN(t *testing.T) {
	needs(t, map[string]string{"ip": "iproute2", "turnserver": "coturn"})
	const host = "192.168.1.2"
	n := newCable(t)
	d := readDeployment(t, "compose-coturn", map[string]string{"PUBLIC_IP": host, "PRIVATE_IP": host, "TURN_PASSWORD": turnPassword})
	d.startTURN(n, host)
	s := n.startServer("")

	t.Run("a call by relay", func(t *testing.T) {
		p := n.startPeer(peerOptions{RelayOnly: true, ICEServers: []webrtc.ICEServer{{URLs: []string{"turn:" + host + ":3478?transport=tcp"},
			Username: turnUser, Credential: turnPassword, CredentialType: webrtc.ICECredentialTypePassword}}})
		s.call().loopback(p)
		if r := p.report(); r.Local != "relay" {
			t.Errorf("the peer's candidate is of type %q", r.Local)
		}
	})
	conn, err := n.dial("peer", host+":3478")
	if err != nil {
		t.Fatal(err)
	}
	client, err := turn.NewClient(&turn.ClientConfig{TURNServerAddr: host + ":3478", Conn: turn.NewSTUNConn(conn),
		Username: turnUser, Password: turnPassword, Realm: "turn"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	relay, err := client.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	for address, allowed := range map[string]bool{
		host: true, "203.0.113.7": true, // a peer somewhere in the internet
		"127.0.0.1": false, "0.0.0.0": false, "10.1.2.3": false, "172.31.255.255": false, "192.168.1.1": false, "100.64.0.1": false,
		"169.254.169.254": false, "224.0.0.1": false, "239.1.2.3": false, "255.255.255.255": false, "198.18.0.1": false,
	} {
		err := client.CreatePermission(&net.UDPAddr{IP: net.ParseIP(address), Port: 40000})
		if allowed != (err == nil) || err != nil && !strings.Contains(err.Error(), "403") {
			t.Errorf("relaying to %s: %v", address, err)
		}
	}
}

// startTURN runs the TURN server of a deployment on the machine called server, as its compose file says.
func (d deployment) startTURN(n *network, host string) {
	n.t.Helper()
	coturn := d.services["coturn"]
	args := slices.Clone(coturn.Command)
	for _, volume := range coturn.Volumes {
		to := strings.Split(volume, ":")[1]
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], to, d.source(volume))
		}
	}
	log := n.runTURN("server", host+":3478", args...)
	if text := log.String(); strings.Contains(strings.ToLower(text), "error") || strings.Contains(text, "Bad") {
		n.t.Errorf("coturn does not like its configuration:\n%s", text)
	}
}

// makeCertificate runs the script of the OpenVidu example.
func (d deployment) makeCertificate(t *testing.T, address string) string {
	t.Helper()
	if out, err := exec.Command(filepath.Join(d.folder, "make-certificate"), address).CombinedOutput(); err != nil {
		t.Fatalf("make-certificate: %v: %s", err, out)
	}
	return filepath.Join(d.folder, "kurento", "cert+key.pem")
}
