using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace ControlTower.Sync.Feeds;

/// <summary>SFTP by SSH.NET. The server's key is judged before anything secret is sent.</summary>
public sealed class SshNetWay : ISftpWay
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public async Task<ISftpSession> OpenAsync(SftpServer server, CancellationToken cancel)
    {
        var client = Client(server.Address, server.Port, server.User, Method(server));
        SftpKey? strange = null;
        client.HostKeyReceived += (_, shown) =>
        {
            shown.CanTrust = CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Key(shown).Sha256), Encoding.ASCII.GetBytes(server.HostKey));
            strange = shown.CanTrust ? null : Key(shown);
        };
        try
        {
            await client.ConnectAsync(cancel);
            return new Session(client);
        }
        catch (Exception error) when (error is SshException or SocketException or IOException)
        {
            client.Dispose();
            throw strange is not null ? new FeedRefusedException($"The server shows another key than the one that was pinned: {strange.Words}. Nothing was sent. Ask its operator; if the key was changed on purpose, enter the new one.")
                : error is SshAuthenticationException ? new FeedRefusedException("The server does not let this user in. Check user and password or key.")
                : Silent(error);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public async Task<SftpKey> KeyAsync(IPAddress address, int port, CancellationToken cancel)
    {
        using var nobody = new NoneAuthenticationMethod("nobody");
        using var client = Client(address, port, nobody.Username, nobody);
        SftpKey? key = null;
        // Once it is seen it is enough: the connection ends before anybody is named to the server.
        client.HostKeyReceived += (_, shown) => (key, shown.CanTrust) = (Key(shown), false);
        try
        {
            await client.ConnectAsync(cancel);
        }
        catch (Exception error) when (error is SshException or SocketException or IOException)
        {
            return key ?? throw Silent(error);
        }

        throw new IOException("The server shows no key.");
    }

    /// <summary>Whether a secret is a private key; else it is a password.</summary>
    internal static bool IsKey(string secret) => secret.TrimStart().StartsWith("-----BEGIN", StringComparison.Ordinal);

    private static SftpClient Client(IPAddress address, int port, string user, AuthenticationMethod method) =>
        new(new ConnectionInfo(address.ToString(), port, user, method) { Timeout = Patience }) { OperationTimeout = Patience };

    private static SftpKey Key(HostKeyEventArgs shown) => new(shown.HostKeyName, shown.FingerPrintSHA256.TrimEnd('='));

    private static IOException Silent(Exception error) => new($"The server cannot be spoken to: {error.Message}", error);

    private static AuthenticationMethod Method(SftpServer server)
    {
        if (!IsKey(server.Secret))
        {
            return new PasswordAuthenticationMethod(server.User, server.Secret);
        }

        try
        {
            using var key = new MemoryStream(Encoding.UTF8.GetBytes(server.Secret));
            return new PrivateKeyAuthenticationMethod(server.User, new PrivateKeyFile(key));
        }
        catch (SshException)
        {
            throw new FeedRefusedException("The private key cannot be read. Enter one without a passphrase.");
        }
    }

    private sealed class Session(SftpClient client) : ISftpSession
    {
        public Task<bool> ExistsAsync(string path, CancellationToken cancel) => TryAsync(path, () => client.ExistsAsync(path, cancel));

        public Task MakeFolderAsync(string path, CancellationToken cancel) => TryAsync(path, () => client.CreateDirectoryAsync(path, cancel));

        public Task<IReadOnlyList<string>> NamesAsync(string folder, CancellationToken cancel) => TryAsync<IReadOnlyList<string>>(folder, async () =>
        {
            var names = new List<string>();
            await foreach (var file in client.ListDirectoryAsync(folder.Length == 0 ? "." : folder, cancel))
            {
                if (file.IsRegularFile)
                {
                    names.Add(file.Name);
                }
            }

            return names;
        });

        public Task<byte[]> HashAsync(string path, CancellationToken cancel) => TryAsync(path, async () =>
        {
            await using var file = await client.OpenAsync(path, FileMode.Open, FileAccess.Read, cancel);
            return await SHA256.HashDataAsync(file, cancel);
        });

        public Task WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancel) => TryAsync(path, async () =>
        {
            await using var file = await client.OpenAsync(path, FileMode.Create, FileAccess.Write, cancel);
            await write(file, cancel);
        });

        public Task RenameAsync(string from, string to, CancellationToken cancel) => TryAsync(to, () => client.RenameFileAsync(from, to, cancel));

        public Task DeleteAsync(string path, CancellationToken cancel) => TryAsync(path, () => client.DeleteFileAsync(path, cancel));

        public ValueTask DisposeAsync()
        {
            client.Dispose();
            return ValueTask.CompletedTask;
        }

        private static async Task TryAsync(string path, Func<Task> act) => await TryAsync(path, async () =>
        {
            await act();
            return true;
        });

        private static async Task<T> TryAsync<T>(string path, Func<Task<T>> act)
        {
            try
            {
                return await act();
            }
            catch (Exception error) when (error is SshException or SocketException or ObjectDisposedException)
            {
                throw new IOException(error is SftpPermissionDeniedException ? $"The server does not let this user at {path}." : $"The server refused or fell silent at {path}: {error.Message}", error);
            }
        }
    }
}
