using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

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

    /// <summary>NFC, lower case, runs of white space as one blank, ends trimmed: what counts as the same prompt.</summary>
    public static string Normalize(string prompt)
    {
        var text = new StringBuilder(prompt.Length);
        bool gap = false;
        foreach (char c in prompt.Normalize(NormalizationForm.FormC))
        {
            if (char.IsWhiteSpace(c))
            {
                gap = text.Length > 0;
                continue;
            }
            if (gap)
                text.Append(' ');
            gap = false;
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }

    /// <summary>The SHA-256 of the normalized prompt in UTF-8.</summary>
    public static byte[] Hash(string prompt) => SHA256.HashData(Encoding.UTF8.GetBytes(Normalize(prompt)));

    /// <summary>The prompt's place in [0, 1): the first 8 bytes of its hash, big-endian, over 2^64.</summary>
    public static double UnitInterval(string prompt) => (BinaryPrimitives.ReadUInt64BigEndian(Hash(prompt)) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Held out when the prompt's place is below the share; a larger share holds out a superset.</summary>
    public static PromptSide Side(string prompt, double heldOutShare = DefaultShare) =>
        UnitInterval(prompt) < heldOutShare ? PromptSide.HeldOut : PromptSide.Train;
}
