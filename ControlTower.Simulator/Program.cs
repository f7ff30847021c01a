using ControlTower.Simulator;

EstateOptions options;
try
{
    options = CommandLine.Parse(args);
}
catch (FormatException e)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(CommandLine.Usage);
    return 2;
}

var problems = options.Problems();
if (problems.Count > 0)
{
    foreach (var problem in problems) Console.Error.WriteLine(problem);
    return 2;
}

using var stop = new CancellationTokenSource();
using var onInterrupt = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGINT, Stop);
using var onTerminate = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, Stop);

await using var estate = await EstateApp.StartAsync(options, stop.Token);
Console.WriteLine($"estate listening on {estate.BaseUrl}");
await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
return 0;

void Stop(System.Runtime.InteropServices.PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
