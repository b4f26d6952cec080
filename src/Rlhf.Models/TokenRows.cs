using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using static TorchSharp.torch;

namespace Rlhf.Models;

/// <summary>Rows of token ids as rectangles. The mask comes from the lengths: a pad id inside a row is a real token.</summary>
public static class TokenRows
{
    /// <returns>ids [batch, longest] int64 and mask [batch, longest] bool, the tokens at the right end</returns>
    public static (Tensor Ids, Tensor Mask) PadLeft(IReadOnlyList<int[]> rows, int padId, Device device) =>
        Pad(rows, padId, device, left: true);

    /// <returns>ids [batch, longest] int64 and mask [batch, longest] bool, the tokens at the left end</returns>
    public static (Tensor Ids, Tensor Mask) PadRight(IReadOnlyList<int[]> rows, int padId, Device device) =>
        Pad(rows, padId, device, left: false);

    /// <exception cref="UserError">An id that the model's embedding table has no row for.</exception>
    public static void CheckVocabulary(ReadOnlySpan<int> ids, ModelConfig config)
    {
        foreach (int id in ids)
        {
            if (id < 0 || id >= config.VocabSize)
                throw new UserError($"the token id {id} is outside of the vocabulary of {config.DisplayName}; ids go from 0 "
                    + $"to {config.VocabSize - 1}");
        }
    }

    /// <summary>The last <paramref name="maxTokens"/> tokens, behind the BOS where the row begins with it.</summary>
    public static int[] KeepEnd(int[] ids, int maxTokens, int? bosId)
    {
        if (ids.Length <= maxTokens)
            return ids;
        return maxTokens > 0 && ids[0] == bosId ? [ids[0], .. ids[^(maxTokens - 1)..]] : ids[^maxTokens..];
    }

    private static (Tensor Ids, Tensor Mask) Pad(IReadOnlyList<int[]> rows, int padId, Device device, bool left)
    {
        int width = rows.Max(r => r.Length);
        long[] ids = new long[rows.Count * width];
        bool[] mask = new bool[ids.Length];
        Array.Fill(ids, padId);
        for (int row = 0; row < rows.Count; row++)
        {
            int start = row * width + (left ? width - rows[row].Length : 0);
            for (int i = 0; i < rows[row].Length; i++)
            {
                ids[start + i] = rows[row][i];
                mask[start + i] = true;
            }
        }
        return (tensor(ids, [rows.Count, width], device: device), tensor(mask, [rows.Count, width], device: device));
    }
}
