using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Rlhf.Core.Text;

namespace Rlhf.Core.Content;

/// <summary>On which side of a held-out split a prompt lies.</summary>
public enum PromptSide
{
    /// <summary>Prompts that training may see.</summary>
    Train,

    /// <summary>Prompts that only evaluation sees.</summary>
    HeldOut,
}

/// <summary>
/// The held-out split by hash of the normalized prompt: the side is a function of the prompt's text alone, so that a prompt
/// is on the same side in every data set, today and later.
/// </summary>
public static class PromptSplit
{
    /// <summary>The share of prompts that is held out unless an option says otherwise.</summary>
    public const double DefaultShare = 0.25;

    /// <summary>
    /// NFC, lower case, each run of white space as one space, ends trimmed: what counts as the same prompt. By tables of our own,
    /// because <see cref="string.Normalize()"/> changes nothing where the ICU library is missing or switched off.
    /// </summary>
    public static string Normalize(string prompt)
    {
        var text = new StringBuilder(prompt.Length);
        Span<char> character = stackalloc char[2];
        bool gap = false;
        foreach (Rune rune in UnicodeNormalization.Compose(prompt, compatibility: false).EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                gap = text.Length > 0;
                continue;
            }
            if (gap)
                text.Append(' ');
            gap = false;
            text.Append(character[..Rune.ToLowerInvariant(rune).EncodeToUtf16(character)]);
        }
        // Lower case can make a composition possible that upper case lacks: J with a caron has no character of its own, j has.
        return UnicodeNormalization.Compose(text.ToString(), compatibility: false);
    }

    /// <summary>The SHA-256 of the normalized prompt in UTF-8.</summary>
    public static byte[] Hash(string prompt) => SHA256.HashData(Encoding.UTF8.GetBytes(Normalize(prompt)));

    /// <summary>The prompt's place in [0, 1): the first 8 bytes of its hash, big-endian, over 2^64.</summary>
    public static double UnitInterval(string prompt) => (BinaryPrimitives.ReadUInt64BigEndian(Hash(prompt)) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Held out when the prompt's place is below the share; a larger share holds out a superset.</summary>
    public static PromptSide Side(string prompt, double heldOutShare = DefaultShare) =>
        UnitInterval(prompt) < heldOutShare ? PromptSide.HeldOut : PromptSide.Train;
}
