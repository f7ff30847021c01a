using System.Runtime.InteropServices;

namespace ControlTower.Data.Db;

/// <summary>
/// Turns SIGTERM and Ctrl-C into a cancellation while the host is not yet there to do so. Without it a stop during the opening of the
/// database would leave its server behind.
/// </summary>
public sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource source;
    private readonly List<PosixSignalRegistration> registrations;

    public StopSignals(CancellationToken also)
    {
        source = CancellationTokenSource.CreateLinkedTokenSource(also);
        registrations = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }.Select(s => PosixSignalRegistration.Create(s, Stop))];
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        registrations.ForEach(r => r.Dispose());
        source.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        source.Cancel();
    }
}
