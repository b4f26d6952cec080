using System.Net;
using System.Net.Sockets;

namespace Rlhf.Testing;

/// <summary>
/// Ports for servers that are told their port, and may be started again at it. They lie below those that Linux and Windows give to
/// servers that ask for any (32768 and above), so that no other test gets one while its server is away.
/// </summary>
public static class FreePort
{
    private const int First = 20_000;
    private const int Last = 32_000;
    private const int PerProcess = 100;

    // Each process begins elsewhere: two that look at the same time would find the same port free.
    private static int s_next = Environment.ProcessId * PerProcess;

    public static int Find()
    {
        while (true)
        {
            int port = First + (int)((uint)Interlocked.Increment(ref s_next) % (Last - First));
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
