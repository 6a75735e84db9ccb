// The model `ring-ou` in C++, as a good programmer would write it without hand-made SIMD. See README.md in this folder.
//
//     g++ -std=c++17 -O3 -march=native ring_ou.cpp -o ring_ou && ./ring_ou PARTICLES STEPS SEED
//
// One loop over the particles, the standard library's generator and normal distribution, node parameters and
// per-neighbour constants in small tables. Prints one line of JSON.
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

namespace {

constexpr int kNodes = 8;
constexpr float kWeight = 1.0f;
constexpr float kDt = 0.01f;

struct Particle {
  float x, y;
  int32_t node;
};

/// q(x; g -> g') = exp(a x + b y + c): V is quadratic with the same curvature on all nodes, it cancels.
struct Rate {
  float a, b, c;
  float at(float x, float y) const { return std::exp(a * x + b * y + c); }
};

struct Node {
  float pull_x, pull_y;  // dt c_g
  Rate up, down;
};

std::array<Node, kNodes> make_nodes() {
  std::array<double, kNodes> cx, cy, v0;
  for (int g = 0; g < kNodes; ++g) {
    cx[g] = 2 * std::cos(2 * M_PI * g / kNodes);
    cy[g] = 2 * std::sin(2 * M_PI * g / kNodes);
    v0[g] = 0.5 * (cx[g] * cx[g] + cy[g] * cy[g]) + 0.25 * g;
  }
  auto rate = [&](int g, int to) {
    return Rate{float(0.5 * (cx[to] - cx[g])), float(0.5 * (cy[to] - cy[g])),
                float(-0.5 * (v0[to] - v0[g]) + std::log(kWeight))};
  };
  std::array<Node, kNodes> nodes;
  for (int g = 0; g < kNodes; ++g) {
    nodes[g] = {float(kDt * cx[g]), float(kDt * cy[g]), rate(g, (g + 1) % kNodes), rate(g, (g + kNodes - 1) % kNodes)};
  }
  return nodes;
}

using Generator = std::mt19937;  // measured a little faster here than mt19937_64: a float needs 24 bits

/// x ~ N(0, 1), masses uniform.
std::vector<Particle> initial(std::size_t n, Generator& generator) {
  std::normal_distribution<float> normal;
  std::vector<Particle> particles(n);
  for (std::size_t i = 0; i < n; ++i) {
    particles[i].x = normal(generator);
    particles[i].y = normal(generator);
    particles[i].node = int32_t(i % kNodes);
  }
  return particles;
}

void run(std::vector<Particle>& particles, int steps, Generator& generator) {
  const auto nodes = make_nodes();
  const float noise = std::sqrt(2 * kDt);  // sqrt(2 T dt), T = 1
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> uniform;
  for (int s = 0; s < steps; ++s) {
    for (Particle& p : particles) {
      const Node& node = nodes[p.node];
      // Euler-Maruyama: x += -dt (x - c) + sqrt(2 T dt) xi
      p.x = (1 - kDt) * p.x + node.pull_x + noise * normal(generator);
      p.y = (1 - kDt) * p.y + node.pull_y + noise * normal(generator);
      // Jump with probability 1 - exp(-(up + down) dt), to a neighbour chosen by its rate.
      const float up = node.up.at(p.x, p.y);
      const float total = up + node.down.at(p.x, p.y);
      if (uniform(generator) >= std::exp(-kDt * total)) {
        p.node = (p.node + (uniform(generator) * total < up ? 1 : kNodes - 1)) % kNodes;
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: ring_ou PARTICLES STEPS SEED\n");
    return 2;
  }
  const std::size_t n = std::strtoull(argv[1], nullptr, 10);
  const int steps = std::atoi(argv[2]);
  Generator generator(Generator::result_type(std::strtoul(argv[3], nullptr, 10)));

  {
    auto warm_up = initial(n, generator);
    run(warm_up, 3, generator);
  }
  auto particles = initial(n, generator);
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu_start = std::clock();
  run(particles, steps, generator);
  const double cpu_seconds = double(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  std::array<std::size_t, kNodes> counts{};
  for (const Particle& p : particles) ++counts[p.node];
  std::printf("{\"tool\":\"c++\",\"version\":\"g++ %s\",\"particles\":%zu,\"steps\":%d,\"seconds\":%.6f,"
              "\"cpuSeconds\":%.6f,\"particleStepsPerSecond\":%.1f,\"masses\":[",
              __VERSION__, n, steps, seconds, cpu_seconds, double(n) * steps / seconds);
  for (int g = 0; g < kNodes; ++g) std::printf("%s%.9g", g ? "," : "", double(counts[g]) / double(n));
  std::printf("]}\n");
}
