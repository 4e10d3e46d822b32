import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.Adler32;

import org.zeromq.SocketType;
import org.zeromq.ZAuth;
import org.zeromq.ZCert;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import zmq.Msg;
import zmq.io.Metadata;

/**
 * A peer that is told what to do: sockets of JeroMQ, one line for each order.
 *
 * The orders are those of peer.c; talk.py lists them. Besides, `reset` begins with a new context, as
 * a virtual machine takes long to start.
 */
public class Peer
{
    /** Parts above this size are said by size and checksum. */
    private static final int SAID = 600;

    private static final Map<String, Integer> OPTIONS = new HashMap<>();

    static {
        OPTIONS.put("IDENTITY", zmq.ZMQ.ZMQ_IDENTITY);
        OPTIONS.put("SUBSCRIBE", zmq.ZMQ.ZMQ_SUBSCRIBE);
        OPTIONS.put("UNSUBSCRIBE", zmq.ZMQ.ZMQ_UNSUBSCRIBE);
        OPTIONS.put("SNDHWM", zmq.ZMQ.ZMQ_SNDHWM);
        OPTIONS.put("RCVHWM", zmq.ZMQ.ZMQ_RCVHWM);
        OPTIONS.put("LINGER", zmq.ZMQ.ZMQ_LINGER);
        OPTIONS.put("SNDTIMEO", zmq.ZMQ.ZMQ_SNDTIMEO);
        OPTIONS.put("RECONNECT_IVL", zmq.ZMQ.ZMQ_RECONNECT_IVL);
        OPTIONS.put("RECONNECT_IVL_MAX", zmq.ZMQ.ZMQ_RECONNECT_IVL_MAX);
        OPTIONS.put("MAXMSGSIZE", zmq.ZMQ.ZMQ_MAXMSGSIZE);
        OPTIONS.put("MANDATORY", zmq.ZMQ.ZMQ_ROUTER_MANDATORY);
        OPTIONS.put("HANDOVER", zmq.ZMQ.ZMQ_ROUTER_HANDOVER);
        OPTIONS.put("PROBE", zmq.ZMQ.ZMQ_PROBE_ROUTER);
        OPTIONS.put("HANDSHAKE_IVL", zmq.ZMQ.ZMQ_HANDSHAKE_IVL);
        OPTIONS.put("HEARTBEAT_IVL", zmq.ZMQ.ZMQ_HEARTBEAT_IVL);
        OPTIONS.put("HEARTBEAT_TTL", zmq.ZMQ.ZMQ_HEARTBEAT_TTL);
        OPTIONS.put("HEARTBEAT_TIMEOUT", zmq.ZMQ.ZMQ_HEARTBEAT_TIMEOUT);
        OPTIONS.put("HEARTBEAT_CONTEXT", zmq.ZMQ.ZMQ_HEARTBEAT_CONTEXT);
        OPTIONS.put("ZAP_DOMAIN", zmq.ZMQ.ZMQ_ZAP_DOMAIN);
        OPTIONS.put("PLAIN_SERVER", zmq.ZMQ.ZMQ_PLAIN_SERVER);
        OPTIONS.put("PLAIN_USERNAME", zmq.ZMQ.ZMQ_PLAIN_USERNAME);
        OPTIONS.put("PLAIN_PASSWORD", zmq.ZMQ.ZMQ_PLAIN_PASSWORD);
        OPTIONS.put("CURVE_SERVER", zmq.ZMQ.ZMQ_CURVE_SERVER);
        OPTIONS.put("CURVE_PUBLICKEY", zmq.ZMQ.ZMQ_CURVE_PUBLICKEY);
        OPTIONS.put("CURVE_SECRETKEY", zmq.ZMQ.ZMQ_CURVE_SECRETKEY);
        OPTIONS.put("CURVE_SERVERKEY", zmq.ZMQ.ZMQ_CURVE_SERVERKEY);
        OPTIONS.put("HELLO_MSG", zmq.ZMQ.ZMQ_HELLO_MSG);
        OPTIONS.put("DISCONNECT_MSG", zmq.ZMQ.ZMQ_DISCONNECT_MSG);
        OPTIONS.put("HICCUP_MSG", zmq.ZMQ.ZMQ_HICCUP_MSG);
        OPTIONS.put("AS_TYPE", zmq.ZMQ.ZMQ_AS_TYPE);
    }

    private static final class Entry
    {
        private ZMQ.Socket socket;
        private ZMQ.Socket monitor;
        private String user = "-";
    }

    private final Map<String, Entry> sockets = new HashMap<>();
    private final PrintStream out;
    private ZContext context = new ZContext();
    private ZAuth auth;
    private Path rules;

    private Peer(PrintStream out)
    {
        this.out = out;
    }

    public static void main(String[] args) throws IOException
    {
        PrintStream out = System.out;
        System.setOut(System.err); // what the library prints is no answer
        Peer peer = new Peer(out);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String result;
            try {
                result = "= " + peer.obey(line.split(" "));
            }
            catch (Exception | AssertionError error) {
                result = "! " + String.valueOf(error).replace('\n', ' ');
            }
            out.println(result);
            out.flush();
            if (line.equals("quit")) {
                System.exit(0);
            }
        }
    }

    private String obey(String[] words) throws Exception
    {
        switch (words[0]) {
        case "library":
            return Paths.get(ZMQ.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
        case "zap":
            auth = new ZAuth(context);
            rules = Files.createTempDirectory("rules");
            return "";
        case "allow":
            allow(words[1]);
            return "";
        case "keys":
            ZMQ.Curve.KeyPair pair = ZMQ.Curve.generateKeyPair();
            return pair.publicKey + " " + pair.secretKey;
        case "new":
            Entry entry = new Entry();
            entry.socket = context.createSocket(SocketType.valueOf(words[2]));
            entry.socket.setLinger(0);
            sockets.put(words[1], entry);
            return "";
        case "reset":
        case "quit":
            reset();
            return "";
        default:
            return obey(sockets.get(words[1]), words);
        }
    }

    private String obey(Entry entry, String[] words) throws Exception
    {
        ZMQ.Socket socket = entry.socket;
        switch (words[0]) {
        case "set":
            return done(set(socket, words[2], words[3]));
        case "bind":
            socket.bind(words[2]);
            return socket.getLastEndpoint();
        case "connect":
            return done(socket.connect(words[2]));
        case "disconnect":
            return done(socket.disconnect(words[2]));
        case "send":
            for (int i = 2; i < words.length; i++) {
                byte[] part = part(words[i]);
                if (!(i + 1 < words.length ? socket.sendMore(part) : socket.send(part))) {
                    throw new IllegalStateException("send: errno " + socket.errno());
                }
            }
            return "";
        case "recv":
            return receive(entry, Integer.parseInt(words[2]));
        case "user":
            return entry.user;
        case "touch":
            socket.getEvents();
            return "";
        case "monitor":
            String name = "inproc://monitor-" + words[1] + System.nanoTime();
            socket.monitor(name, ZMQ.EVENT_ALL);
            entry.monitor = context.createSocket(SocketType.PAIR);
            entry.monitor.connect(name);
            return "";
        case "event":
            entry.monitor.setReceiveTimeOut(Integer.parseInt(words[2]));
            zmq.ZMQ.Event event = zmq.ZMQ.Event.read(entry.monitor.base());
            return event == null ? "-" : event.event + " " + (event.arg instanceof Integer ? event.arg : 0);
        case "close":
            context.destroySocket(socket);
            sockets.remove(words[1]);
            return "";
        default:
            throw new IllegalArgumentException("no such order");
        }
    }

    private static String done(boolean good)
    {
        if (!good) {
            throw new IllegalStateException("refused");
        }
        return "";
    }

    private static boolean set(ZMQ.Socket socket, String name, String value)
    {
        Object given;
        if (value.startsWith(":")) {
            given = value.substring(1);
        }
        else if (value.startsWith("x")) {
            given = part(value);
        }
        else if (name.equals("MAXMSGSIZE")) {
            given = Long.valueOf(value);
        }
        else {
            given = Integer.valueOf(value);
        }
        if (name.startsWith("CURVE_") && name.endsWith("KEY")) {
            given = ZMQ.Curve.z85Decode((String) given);
        }
        return socket.base().setSocketOpt(OPTIONS.get(name), given);
    }

    private static byte[] part(String word)
    {
        if (word.startsWith("*")) {
            String[] numbers = word.substring(1).split(",");
            byte[] bytes = new byte[Integer.parseInt(numbers[0])];
            long seed = Long.parseLong(numbers[1]);
            for (int at = 0; at < bytes.length; at++) {
                bytes[at] = (byte) ((at + seed) % 251);
            }
            return bytes;
        }
        byte[] bytes = new byte[word.length() / 2];
        for (int at = 0; at < bytes.length; at++) {
            bytes[at] = (byte) Integer.parseInt(word.substring(1 + 2 * at, 3 + 2 * at), 16);
        }
        return bytes;
    }

    private static String receive(Entry entry, int ms)
    {
        StringBuilder said = new StringBuilder();
        entry.socket.setReceiveTimeOut(ms);
        for (boolean more = true; more;) {
            Msg msg = entry.socket.base().recv(0);
            if (msg == null && said.length() == 0) {
                return "-";
            }
            if (msg == null) {
                throw new IllegalStateException("recv: errno " + entry.socket.errno());
            }
            byte[] data = msg.data();
            Metadata metadata = msg.getMetadata();
            String user = metadata == null ? null : metadata.get("User-Id");
            entry.user = user == null || user.isEmpty() ? "-" : user;
            more = msg.hasMore();
            said.append(said.length() == 0 ? "" : " ");
            if (data.length > SAID) {
                Adler32 sum = new Adler32();
                sum.update(data, 0, data.length);
                said.append('*').append(data.length).append(',').append(sum.getValue());
            }
            else {
                said.append('x');
                for (byte one : data) {
                    said.append(String.format("%02x", one));
                }
            }
        }
        return said.toString();
    }

    /** Who may come, for ZAuth: a file of passwords, or a folder of certificates. */
    private void allow(String who) throws IOException
    {
        if (who.startsWith("PLAIN:")) {
            String[] words = who.split(":");
            Path file = rules.resolve("passwords");
            Files.write(file, Arrays.asList(words[1] + "=" + words[2]));
            auth.configurePlain("*", file.toString());
        }
        else {
            Path folder = Files.createDirectories(rules.resolve("certificates"));
            new ZCert(who.substring("CURVE:".length())).savePublic(folder.resolve("one.cert").toString());
            auth.configureCurve(folder.toString());
        }
    }

    private void reset() throws IOException
    {
        if (auth != null) {
            auth.close();
            auth = null;
        }
        for (Entry entry : sockets.values()) {
            if (entry.monitor != null) {
                entry.socket.monitor(null, 0);
            }
        }
        context.close();
        sockets.clear();
        context = new ZContext();
    }
}
