namespace Rlhf.Training;

/// <summary>Means of loss and gradient norm since the last report.</summary>
internal sealed class LossMeter
{
    private double _loss, _norm;
    private int _steps;

    public double Loss => _loss / _steps;

    public double Norm => _norm / _steps;

    public void Add(double loss, double norm)
    {
        _loss += loss;
        _norm += norm;
        _steps++;
    }
}
