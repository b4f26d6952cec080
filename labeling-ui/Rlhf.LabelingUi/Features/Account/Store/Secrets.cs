using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Rlhf.LabelingUi.Features.Account.Store;

/// <summary>Random codes of links and tokens. Only their hash is kept: they are too long to be guessed, so it needs no salt.</summary>
internal static class Secrets
{
    private const int Bytes = 32;

    /// <summary>256 random bits in characters that addresses and headers take.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>The SHA-256, hexadecimal.</summary>
    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
