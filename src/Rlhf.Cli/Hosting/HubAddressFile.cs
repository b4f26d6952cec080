using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Storage;

namespace Rlhf.Cli.Hosting;

/// <summary>
/// <c>hub.json</c> in the home folder: the address of the running hub and the token for its API. Anyone who can read the
/// file can start runs, so only its owner can.
/// </summary>
internal sealed record HubAddressFile(string Url, string Token, int ProcessId)
{
    private const int TokenBytes = 32;

    public static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));

    /// <summary>Of a hub that listens at these addresses: the first that a process of this machine can reach.</summary>
    public static HubAddressFile Of(IEnumerable<string> urls, string token)
    {
        Uri[] listened = [.. urls.Select(url => new Uri(url))];
        var reached = listened.FirstOrDefault(url => url.IsLoopback) ?? Reached(listened[0]);
        return new HubAddressFile(reached.GetLeftPart(UriPartial.Authority), token, Environment.ProcessId);
    }

    /// <summary>0.0.0.0 and [::] mean every address of the machine: one listens there, but cannot ask there.</summary>
    private static Uri Reached(Uri listened)
    {
        if (!IPAddress.TryParse(listened.Host.Trim('[', ']'), out var address))
            return listened;
        string host = address.Equals(IPAddress.Any) ? "127.0.0.1" : address.Equals(IPAddress.IPv6Any) ? "[::1]" : listened.Host;
        return new UriBuilder(listened) { Host = host }.Uri;
    }

    public void Write(Home home)
    {
        string beside = home.HubAddress + ".new";
        File.Delete(beside);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(beside, options))
            JsonSerializer.Serialize(stream, this);
        File.Move(beside, home.HubAddress, overwrite: true);
    }

    /// <summary>Null where there is no such file, or it is being written.</summary>
    public static HubAddressFile? TryRead(Home home)
    {
        try
        {
            return JsonSerializer.Deserialize<HubAddressFile>(RegularFile.ReadAllText(home.HubAddress));
        }
        catch (Exception e) when (e is UserError or JsonException)
        {
            return null;
        }
    }
}
