using Rlhf.Models.Checkpoints;
using Rlhf.Models.Native;
using static Rlhf.Models.Native.Numbers;
using static TorchSharp.torch;

namespace Rlhf.Models;

/// <summary>
/// Keys and values of previous tokens: a buffer [batch, kv heads, capacity, head] for each layer, which doubles when it is full. The
/// tensors belong to no dispose scope, so the cache must be disposed.
/// </summary>
public sealed class KvCache : IDisposable
{
    private readonly Tensor?[] _keys;
    private readonly Tensor?[] _values;
    private Tensor? _keyMask;
    private Tensor? _stepBias;
    private Tensor? _realCounts;
    private int _capacity;

    /// <param name="config">the model's config</param>
    /// <param name="capacity">initial capacity, in tokens per row</param>
    public KvCache(ModelConfig config, int capacity)
    {
        _keys = new Tensor?[config.Layers];
        _values = new Tensor?[config.Layers];
        _capacity = Math.Max(1, capacity);
    }

    /// <summary>The number of cached tokens per row, padding included.</summary>
    public int Length { get; private set; }

    /// <summary>The number of real tokens of each row, [batch, 1]; null while no row has padding.</summary>
    internal Tensor? RealCounts => _realCounts;

    /// <summary>
    /// Appends keys and values [batch, kv heads, time, head] of one layer, and returns all of the layer's keys and values.
    /// </summary>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        int end = Length + (int)keys.shape[2];
        while (end > _capacity)
            _capacity *= 2;
        return (Put(ref _keys[layer], keys, end), Put(ref _values[layer], values, end));
    }

    /// <summary>Called after all layers of a forward pass: adds its tokens to <see cref="Length"/>.</summary>
    internal void Advance(Tensor? mask, SequenceLayout layout)
    {
        using var scope = NewDisposeScope();
        if (layout.Positions is not null)
        {
            if (mask is null && layout.Length == 1)
            {
                _realCounts!.PlusInPlace(1);
            }
            else
            {
                Replace(ref _keyMask, KeyMaskWith(
                    mask ?? ones([layout.Positions.shape[0], layout.Length], ScalarType.Bool, layout.Positions.device)));
                Replace(ref _realCounts, _keyMask!.sum(1, keepdim: true, type: ScalarType.Int64));
                Replace(ref _stepBias, null);
            }
        }
        Length = layout.End;
    }

    /// <summary>Keeps the given rows in the given order; a row may occur several times.</summary>
    /// <param name="rows">int64 indices</param>
    public void KeepRows(Tensor rows)
    {
        using var scope = NewDisposeScope();
        for (int layer = 0; layer < _keys.Length; layer++)
        {
            KeepRows(ref _keys[layer], rows);
            KeepRows(ref _values[layer], rows);
        }
        KeepRows(ref _keyMask, rows);
        KeepRows(ref _stepBias, rows);
        KeepRows(ref _realCounts, rows);
    }

    /// <summary>
    /// The mask of all keys, those of the cache followed by <paramref name="mask"/>: [batch, Length + time], true = real token.
    /// </summary>
    internal Tensor KeyMaskWith(Tensor mask)
    {
        long held = _keyMask?.shape[1] ?? 0;
        List<Tensor> parts = _keyMask is null ? [] : [_keyMask];
        // Decoding steps of one real token do not update the stored mask.
        if (held < Length)
            parts.Add(ones([mask.shape[0], Length - held], ScalarType.Bool, mask.device));
        parts.Add(mask);
        return parts.Count == 1 ? mask : cat(parts, 1);
    }

    /// <summary>The attention bias for one new real token per row: [batch, 1, 1, Length + 1].</summary>
    internal Tensor StepBias()
    {
        if (_stepBias is null || _stepBias.shape[3] <= Length)
        {
            using var scope = NewDisposeScope();
            var mask = _keyMask!;
            long room = Math.Max(_capacity, Length + 1) - mask.shape[1];
            var hidden = cat([mask, ones([mask.shape[0], room], ScalarType.Bool, mask.device)], 1).bitwise_not();
            var dtype = _keys[0]!.dtype;
            Replace(ref _stepBias, zeros(hidden.shape, dtype, mask.device).masked_fill_(hidden, Number(double.NegativeInfinity)).unsqueeze(
                1).unsqueeze(1));
        }
        return _stepBias!.narrow(3, 0, Length + 1);
    }

    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values).Append(_keyMask).Append(_stepBias).Append(_realCounts))
            tensor?.Dispose();
        Array.Clear(_keys);
        Array.Clear(_values);
        _keyMask = _stepBias = _realCounts = null;
    }

    private Tensor Put(ref Tensor? buffer, Tensor added, int end)
    {
        if (buffer is null || buffer.shape[2] < end)
        {
            using var scope = NewDisposeScope();
            var larger = empty([added.shape[0], added.shape[1], _capacity, added.shape[3]], added.dtype, added.device);
            if (buffer is not null)
                larger.narrow(2, 0, Length).copy_(buffer.narrow(2, 0, Length));
            Replace(ref buffer, larger);
        }
        using (var place = buffer!.narrow(2, Length, end - Length))
            place.copy_(added);
        return buffer.narrow(2, 0, end);
    }

    private static void KeepRows(ref Tensor? tensor, Tensor rows)
    {
        if (tensor is not null)
            Replace(ref tensor, tensor.index_select(0, rows));
    }

    private static void Replace(ref Tensor? place, Tensor? value)
    {
        // The value may be the caller's own mask, so the cache keeps a separate tensor.
        var own = value is null ? null : value.alias().DetachFromDisposeScope();
        place?.Dispose();
        place = own;
    }
}
