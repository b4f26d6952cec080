using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Rlhf.Models.Tokenization;

/// <summary>
/// What the ids of a tokenizer mean, as one hash: the token of every id, and the merges in their order. How tokenizer.json is formatted,
/// and whether a token stands in the vocabulary or among the added tokens, changes nothing.
/// </summary>
internal static class TokenizerFingerprint
{
    /// <summary>SHA-256, hex.</summary>
    public static string Compute(Tokenizer tokenizer, BpeModel model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int id = 0; id < tokenizer.VocabSize; id++)
        {
            if (tokenizer.TokenOrNull(id) is not { } token)
                continue;
            Append(hash, id);
            byte[] bytes = Encoding.UTF8.GetBytes(token);
            // The length first, so that no two lists of tokens give the same bytes.
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
