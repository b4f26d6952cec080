using System.Security.Cryptography;
using System.Text.Json;
using Rlhf.Storage;

namespace Rlhf.Cli.Hosting;

/// <summary>
/// <c>hub.json</c> in the home folder: where the running hub answers, and the token to ask it with. Whoever may read the file may
/// start runs, so only its owner may.
/// </summary>
internal sealed record HubAddressFile(string Url, string Token, int ProcessId)
{
    private const int TokenBytes = 32;

    public static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));

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

    /// <summary>Null where there is none, or it is being written.</summary>
    public static HubAddressFile? TryRead(Home home)
    {
        try
        {
            return JsonSerializer.Deserialize<HubAddressFile>(File.ReadAllText(home.HubAddress));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
