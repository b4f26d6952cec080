using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using static TorchSharp.torch;

namespace Rlhf.Models;

/// <summary>Pads rows of token ids to tensors. The mask follows from the lengths, so a pad id inside a row is a real token.</summary>
public static class TokenRows
{
    /// <summary>Pads on the left.</summary>
    /// <returns>ids [batch, longest] int64 and mask [batch, longest] bool, true = real token</returns>
    public static (Tensor Ids, Tensor Mask) PadLeft(IReadOnlyList<int[]> rows, int padId, Device device) =>
        Pad(rows, padId, device, left: true);

    /// <summary>Pads on the right.</summary>
    /// <returns>ids [batch, longest] int64 and mask [batch, longest] bool, true = real token</returns>
    public static (Tensor Ids, Tensor Mask) PadRight(IReadOnlyList<int[]> rows, int padId, Device device) =>
        Pad(rows, padId, device, left: false);

    /// <summary>Checks that all ids are in the model's vocabulary.</summary>
    /// <exception cref="UserError">An id is outside of the vocabulary.</exception>
    public static void CheckVocabulary(ReadOnlySpan<int> ids, ModelConfig config)
    {
        foreach (int id in ids)
        {
            if (id < 0 || id >= config.VocabSize)
                throw new UserError($"the token id {id} is outside of the vocabulary of {config.DisplayName}; ids go from 0 "
                    + $"to {config.VocabSize - 1}");
        }
    }

    /// <summary>Truncates on the left to <paramref name="maxTokens"/> tokens. A BOS at the start of the row is kept.</summary>
    public static int[] TruncateLeft(int[] ids, int maxTokens, int? bosId)
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
