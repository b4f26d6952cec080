using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Rlhf.Core.Text;

namespace Rlhf.Core.Content;

/// <summary>The side of the held-out split that a prompt belongs to.</summary>
public enum PromptSide
{
    /// <summary>Prompts that training may see.</summary>
    Train,

    /// <summary>Prompts that only evaluation sees.</summary>
    HeldOut,
}

/// <summary>
/// The held-out split by hash of the normalized prompt. The side depends only on the prompt's text, so a prompt
/// is on the same side in every dataset, now and later.
/// </summary>
public static class PromptSplit
{
    /// <summary>The default share of held-out prompts.</summary>
    public const double DefaultShare = 0.25;

    /// <summary>
    /// NFC, lower case, each run of white space as one space, ends trimmed. Prompts with equal results count as the same prompt.
    /// Uses the tables of this project, because <see cref="string.Normalize()"/> does nothing without the ICU library.
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
        // Lower case can compose where upper case cannot: there is a character for j with a caron, but none for J with a caron.
        return UnicodeNormalization.Compose(text.ToString(), compatibility: false);
    }

    /// <summary>The SHA-256 of the normalized prompt in UTF-8.</summary>
    public static byte[] Hash(string prompt) => SHA256.HashData(Encoding.UTF8.GetBytes(Normalize(prompt)));

    /// <summary>The hash as a number in [0, 1): its first 8 bytes, big-endian, divided by 2^64.</summary>
    public static double HashToUnitInterval(string prompt) =>
        (BinaryPrimitives.ReadUInt64BigEndian(Hash(prompt)) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Held out if the prompt's hash in [0, 1) is below the share; a larger share holds out a superset.</summary>
    public static PromptSide Side(string prompt, double heldOutShare = DefaultShare) =>
        HashToUnitInterval(prompt) < heldOutShare ? PromptSide.HeldOut : PromptSide.Train;
}
