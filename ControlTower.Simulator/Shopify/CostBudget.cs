namespace ControlTower.Simulator.Shopify;

/// <summary>The vendor's leaky bucket of cost points per app and shop.</summary>
public sealed class CostBudget(int maximum, int restoreRate, EstateOptions options)
{
    private readonly Lock gate = new();
    private double available = maximum;
    private long at = options.Clock.GetTimestamp();

    public int Maximum => maximum;
    public int RestoreRate => restoreRate;

    public double Available
    {
        get { lock (gate) return Refill(); }
    }

    /// <summary>Takes the points a document may cost before it runs; false when there are not enough (nothing is taken).</summary>
    public bool TryTake(int points)
    {
        lock (gate)
        {
            if (Refill() < points) return false;
            available -= points;
            return true;
        }
    }

    /// <summary>Gives back what the document did not use.</summary>
    public void GiveBack(int points)
    {
        lock (gate) available = Math.Min(maximum, Refill() + points);
    }

    private double Refill()
    {
        var now = options.Clock.GetTimestamp();
        available = Math.Min(maximum, available + options.Clock.GetElapsedTime(at, now).TotalSeconds * restoreRate * options.TimeFactor);
        at = now;
        return available;
    }
}
