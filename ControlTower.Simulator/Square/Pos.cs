using ControlTower.Simulator.Faults;

namespace ControlTower.Simulator.Square;

/// <summary>The point of sale with everything around it.</summary>
public sealed class Pos : IDisposable
{
    private readonly PosWebhooks webhooks;

    public Pos(PosAccount account, FaultBoard faults, CancellationToken stopping)
    {
        (Account, Faults) = (account, faults);
        Tills = new Tills(account);
        Api = new PosApi(account);
        webhooks = new PosWebhooks(account, faults, stopping);
        account.Outbound = webhooks.Send;
    }

    public PosAccount Account { get; }
    public FaultBoard Faults { get; }
    public Tills Tills { get; }
    internal PosApi Api { get; }

    public void Dispose() => webhooks.Dispose();
}
