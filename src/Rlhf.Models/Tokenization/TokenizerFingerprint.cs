using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Rlhf.Models.Tokenization;

/// <summary>
/// A hash of the token of every id, and of the merges in their order. It does not depend on the formatting of tokenizer.json, nor on
/// whether a token is in the vocabulary or among the added tokens.
/// </summary>
internal static class TokenizerFingerprint
{
    /// <summary>SHA-256, hex.</summary>
    public static string Compute(Tokenizer tokenizer, BpeModel model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int id = 0; id < tokenizer.VocabSize; id++)
        {
            if (tokenizer.IdToTokenOrNull(id) is not { } token)
                continue;
            Append(hash, id);
            byte[] bytes = Encoding.UTF8.GetBytes(token);
            // Length-prefixed, so that different lists of tokens give different bytes.
            Append(hash, bytes.Length);
            hash.AppendData(bytes);
        }
        foreach (var (left, right) in model.MergesByRank())
        {
            Append(hash, left);
            Append(hash, right);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
