using static TorchSharp.torch;

namespace Rlhf.Training.Tests.Numerics;

/// <summary>Raw responses of a golden file, cut at their first EOS: our sampler ends there by itself.</summary>
/// <param name="Ids">[batch, time] int64, pad after the EOS.</param>
/// <param name="Mask">[batch, time] bool, true up to and with the EOS.</param>
/// <param name="Lengths">[batch] int64, real tokens.</param>
/// <param name="ContainsEos">[batch] bool.</param>
internal sealed record CutCompletions(Tensor Ids, Tensor Mask, Tensor Lengths, Tensor ContainsEos)
{
    public static CutCompletions Cut(Tensor responses, int eosId, int padId)
    {
        int rows = (int)responses.shape[0], time = (int)responses.shape[1];
        long[] ids = responses.contiguous().data<long>().ToArray(), lengths = new long[rows];
        bool[] mask = new bool[ids.Length], ended = new bool[rows];
        for (int row = 0; row < rows; row++)
        {
            int eos = Array.IndexOf(ids, eosId, row * time, time) - row * time;
            ended[row] = eos >= 0;
            lengths[row] = ended[row] ? eos + 1 : time;
            Array.Fill(mask, true, row * time, (int)lengths[row]);
            Array.Fill(ids, padId, row * time + (int)lengths[row], time - (int)lengths[row]);
        }
        return new CutCompletions(tensor(ids, [rows, time]), tensor(mask, [rows, time]), tensor(lengths), tensor(ended));
    }
}
